"""Stripe, through the sidecar."""
from django.conf import settings

from . import vault


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


async def charge(key, user, cents):
    answer = await vault.client.post(
        f"{settings.COFFERDAM_GATEWAY}/stripe/v1/payment_intents",
        headers={"Authorization": f"Bearer {key}"},
        data={"amount": cents, "currency": "usd", "customer": f"cus_{user}"},
    )
    if answer.is_success:
        return answer.json()["id"]
    error = answer.json()["error"]
    raise Refused(402 if answer.status_code in (402, 429) else answer.status_code, error["code"], error["message"])
