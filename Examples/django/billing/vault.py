"""Vault keys: ordered from the sidecar for one piece of work, and given back after it."""
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests
from django.conf import settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VaultKey:
    id: str
    # Not in logs or tracebacks.
    token: str = field(repr=False)


class KeyRefused(Exception):
    """The sidecar gives no key: this user was stopped, say. Asking again is useless."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class VaultDown(Exception):
    """Nobody can say whether there would be a key."""


def issue(user, run, *, cap_usd, customer=None, expires_in="5m"):
    """Orders a key which reaches this user's own customer and nobody else's, unless told whom."""
    order = {
        "label": f"shop-{user}-{run}",
        "tags": {"user": user},
        "vendor": "stripe",
        "allowed_endpoints": ["payment_intents.create", "payment_intents.list"],
        "only": {"customer": customer or customer_of(user)},
        "daily_usd_cap": cap_usd,
        "expires_in": expires_in,
    }
    try:
        answer = requests.post(f"{settings.COFFERDAM_API}/v1/keys", json=order, headers=_token(), timeout=5)
    except requests.RequestException as error:
        raise VaultDown(str(error)) from error
    if answer.status_code == 201:
        return VaultKey(answer.json()["id"], answer.json()["token"])
    if answer.status_code >= 500:
        raise VaultDown(answer.text)
    raise KeyRefused(answer.json()["code"], answer.json()["message"])


def revoke(key):
    """Gives a key back. If that fails it is over soon all the same: it expires."""
    try:
        requests.delete(f"{settings.COFFERDAM_API}/v1/keys/{key.id}", headers=_token(), timeout=5).raise_for_status()
    except requests.RequestException as error:
        log.warning("key %s could not be given back: %s", key.id, error)


@contextmanager
def lent(user, run, **terms):
    """A key for as long as the block lasts."""
    key = issue(user, run, **terms)
    try:
        yield key
    finally:
        revoke(key)


def customer_of(user):
    """The user's customer at Stripe; a shop would look it up."""
    return f"cus_{user}"


def _token():
    return {"Authorization": f"Bearer {settings.COFFERDAM_TOKEN}"}
