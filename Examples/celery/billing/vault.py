"""A vault key for one attempt of one task."""
import logging
from contextlib import contextmanager

import requests
from django.conf import settings

log = logging.getLogger(__name__)


class Down(Exception):
    """Nobody can say whether there would be a key."""


class NoKey(Exception):
    """There is none, and asking again is useless."""


@contextmanager
def lent(label):
    """A key for as long as the block lasts, however it ends."""
    key = _issue(label)
    try:
        yield key["token"]
    finally:
        _revoke(key["id"])


def _issue(label):
    order = {
        "label": label,
        "vendor": "stripe",
        "allowed_endpoints": ["payment_intents.create"],
        # Longer than a task takes: what a killed worker could not give back is over by then.
        "expires_in": "30m",
    }
    try:
        answer = requests.post(f"{settings.COFFERDAM_API}/v1/keys", json=order, headers=_token(), timeout=5)
    except requests.RequestException as error:
        raise Down(str(error)) from error
    if answer.status_code >= 500:
        raise Down(answer.text)
    if answer.status_code != 201:
        raise NoKey(answer.json()["message"])
    return answer.json()


def _revoke(key_id):
    try:
        requests.delete(f"{settings.COFFERDAM_API}/v1/keys/{key_id}", headers=_token(), timeout=5).raise_for_status()
    except requests.RequestException as error:
        log.warning("key %s could not be given back: %s", key_id, error)


def _token():
    return {"Authorization": f"Bearer {settings.COFFERDAM_TOKEN}"}
