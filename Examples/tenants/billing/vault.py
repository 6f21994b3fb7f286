"""Vault keys for one tenant's user, and what was spent under them."""
import requests
from django.conf import settings


class NoKey(Exception):
    """Why there is none, as the agent may read it."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def issue(tenant, user, run):
    """Orders a key within the tenant's plan. The sidecar reads tenant and user from the label (`tags` in proxy.conf)."""
    plan = settings.PLANS[tenant]
    order = {
        "label": f"tenant-{tenant}-{user}-{run}",
        "vendor": "stripe",
        "allowed_endpoints": plan["endpoints"],
        "only": {"customer": customer_of(tenant, user)},
        "request_usd_cap": plan["request_usd_cap"],
        "expires_in": "5m",
    }
    try:
        answer = requests.post(f"{settings.COFFERDAM_API}/v1/keys", json=order, headers=_token(), timeout=5)
    except requests.RequestException as error:
        raise NoKey(503, "vault_unavailable", "Nothing was charged. Try again in a minute.") from error
    if answer.status_code == 201:
        return answer.json()
    raise NoKey(403 if answer.status_code < 500 else 503, answer.json()["code"], answer.json()["message"])


def revoke(key):
    try:
        requests.delete(f"{settings.COFFERDAM_API}/v1/keys/{key['id']}", headers=_token(), timeout=5)
    except requests.RequestException:
        pass  # It expires.


def spent_usd(tenant):
    """What the tenant's requests cost since the records begin. The shop's token sees the records of its own keys only."""
    total, after = 0, 0
    while after is not None:
        query = {"tag.tenant": tenant, "after": after, "limit": 1000}
        page = requests.get(f"{settings.COFFERDAM_API}/v1/audit", params=query, headers=_token(), timeout=30)
        page.raise_for_status()
        total += sum(record["cost_usd"] or 0 for record in page.json()["records"])
        after = page.json()["next"]
    return round(total, 2)


def customer_of(tenant, user):
    """A shop would look it up in the tenant's schema."""
    return f"cus_{tenant}_{user}"


def _token():
    return {"Authorization": f"Bearer {settings.COFFERDAM_TOKEN}"}
