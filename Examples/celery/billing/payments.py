"""One charge through the sidecar, told apart by whether trying again makes sense."""
import requests
from django.conf import settings


class Refused(Exception):
    """The sidecar or Stripe said no, and would again."""


class Unclear(Exception):
    """Perhaps it was charged, perhaps not: ask again under the same idempotency key."""


def charge(vault_key, customer, cents, *, once):
    try:
        answer = requests.post(
            f"{settings.COFFERDAM_GATEWAY}/stripe/v1/payment_intents",
            headers={"Authorization": f"Bearer {vault_key}", "Idempotency-Key": once},
            data={"amount": cents, "currency": "usd", "customer": customer},
            timeout=30,
        )
    except requests.RequestException as error:
        raise Unclear(str(error)) from error
    if answer.ok:
        return answer.json()["id"]
    message = answer.json()["error"]["message"]
    # 409: an earlier attempt is still under way at Stripe.
    raise (Unclear if answer.status_code >= 500 or answer.status_code == 409 else Refused)(message)
