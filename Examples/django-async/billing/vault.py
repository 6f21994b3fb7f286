"""Vault keys, without holding up the event loop."""
import logging
import uuid
from contextlib import asynccontextmanager

import httpx
from django.conf import settings

log = logging.getLogger(__name__)

# One for each process: its event loop's.
client = httpx.AsyncClient(timeout=30)


class NoKey(Exception):
    """Why there is none, as the agent may read it."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


@asynccontextmanager
async def lent(user):
    """A key for as long as the block lasts, also when the client hangs up."""
    key = await _issue(user)
    try:
        yield key["token"]
    finally:
        # Also when the client has hung up and the task was cancelled.
        await _revoke(key["id"])


async def _issue(user):
    order = {
        "label": f"shop-{user}-{uuid.uuid4().hex}",
        "tags": {"user": user},
        "vendor": "stripe",
        "allowed_endpoints": ["payment_intents.create"],
        "only": {"customer": f"cus_{user}"},
        "daily_usd_cap": 20,
        "expires_in": "5m",
    }
    try:
        answer = await client.post(f"{settings.COFFERDAM_API}/v1/keys", json=order, headers=_token(), timeout=5)
    except httpx.HTTPError as error:
        raise NoKey(503, "vault_unavailable", "Nothing was charged. Try again in a minute.") from error
    if answer.status_code == 201:
        return answer.json()
    raise NoKey(403 if answer.status_code < 500 else 503, answer.json()["code"], answer.json()["message"])


async def _revoke(key_id):
    try:
        await client.delete(f"{settings.COFFERDAM_API}/v1/keys/{key_id}", headers=_token(), timeout=5)
    except httpx.HTTPError as error:
        log.warning("key %s could not be given back: %s", key_id, error)


def _token():
    return {"Authorization": f"Bearer {settings.COFFERDAM_TOKEN}"}
