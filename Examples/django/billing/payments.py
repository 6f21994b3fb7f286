"""Stripe, through the sidecar: the vault key stands where Stripe's own key would."""
import requests
from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException

from . import vault


class ToolError(APIException):
    """An answer that an agent's model can read: a code, and a sentence that says what to do about it."""

    def __init__(self, status_code, code, message):
        self.status_code, self.message = status_code, message
        super().__init__({"error": code, "message": message})


def create(key, *, customer, amount_cents):
    form = {"amount": amount_cents, "currency": "usd", "customer": customer}
    return _call(key, "POST", data=form)


def listed(key, *, customer):
    return _call(key, "GET", params={"customer": customer})["data"]


def key_of(request):
    """The request's vault key, or why there is none."""
    match request.vault_error:
        case None:
            return request.vault_key
        case vault.KeyRefused(code=code) as error:
            raise ToolError(status.HTTP_403_FORBIDDEN, code, str(error))
        case _:
            raise ToolError(
                status.HTTP_503_SERVICE_UNAVAILABLE, "vault_unavailable", "Nothing was charged. Try again in a minute.")


def _call(key, method, **content):
    answer = requests.request(
        method,
        f"{settings.COFFERDAM_GATEWAY}/stripe/v1/payment_intents",
        headers={"Authorization": f"Bearer {key}"},
        timeout=30,
        **content,
    )
    if answer.ok:
        return answer.json()
    raise _told(answer)


def _told(answer):
    """The sidecar's refusals and Stripe's own look alike: a code and a message below `error`."""
    error = answer.json()["error"]
    code, message = error.get("code") or error["type"], error["message"]
    match answer.status_code, code:
        case 429, "cap_exhausted":
            return ToolError(status.HTTP_402_PAYMENT_REQUIRED, "spend_cap_reached", message)
        case 402, _:
            return ToolError(status.HTTP_402_PAYMENT_REQUIRED, code, message)
        case 401 | 403, _:
            return ToolError(status.HTTP_403_FORBIDDEN, code, message)
        case 400 | 404, _:
            return ToolError(status.HTTP_400_BAD_REQUEST, code, message)
        case 503, _:
            return ToolError(status.HTTP_503_SERVICE_UNAVAILABLE, code, message)
        case _:
            return ToolError(status.HTTP_502_BAD_GATEWAY, code, message)
