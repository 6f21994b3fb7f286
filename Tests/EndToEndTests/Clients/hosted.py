"""A program that knows nothing of us: it speaks to a hosted key service and its proxy, and has no setting but these."""
import os

import requests
from common import tell

API = "https://api.keybrake.com"
STRIPE = "https://proxy.keybrake.com/stripe/v1"


def told(case, answer):
    content = answer.json() if answer.content else {}
    tell(case, status=answer.status_code, id=content.get("id"), code=content.get("code"), reason=answer.reason)


def bearer(value):
    return {"Authorization": f"Bearer {value}"}


master = bearer(os.environ["KEYBRAKE_TOKEN"])
order = {
    "label": "shop-42-run-7",
    "vendor": "stripe",
    "allowed_endpoints": ["/v1/charges", "/v1/charges/*"],
    "daily_usd_cap": 20,
    "expires_in": "5m",
}
issued = requests.post(f"{API}/v1/keys", headers=master, json=order, timeout=20)
issued.raise_for_status()
key = issued.json()
tell("issued", status=issued.status_code, same=key["id"] == key["key_id"] and key["token"] == key["vault_key"])

with requests.Session() as session:
    session.headers.update(bearer(key["token"]))
    charge = {"amount": 700, "currency": "usd", "source": "tok_visa"}
    told("json", session.post(f"{STRIPE}/charges", json=charge))
    told("form", session.post(f"{STRIPE}/charges", data=charge))
    told("doubled", session.post(f"{STRIPE}/v1/charges", json=charge | {"amount": 600}))
    told("capped", session.post(f"{STRIPE}/charges", json=charge))
    told("payout", session.post(f"{STRIPE}/payouts", json=charge))
    told("none", requests.post(f"{STRIPE}/charges", headers=bearer(None), json=charge))
    for name, path in {"elsewhere": "/v1/runs", "status": "/status", "stops": "/v1/stops"}.items():
        told(name, requests.get(f"{API}{path}", headers=master))
    told("agent", requests.post(f"{API}/v1/keys", headers=bearer(key["token"]), json=order))
    told("run", requests.post(f"{API}/v1/keys", headers=bearer(os.environ["RUN_SECRET"]), json=order))
    told("beyond", requests.post(f"{API}/v1/keys", headers=master, json=order | {"daily_usd_cap": 500}))
    records = requests.get(f"{API}/v1/audit", headers=master, params={"label": "shop-42-*"}).json()["records"]
    tell("audit", codes=sorted({record["code"] for record in records}))
    told("revoked", requests.delete(f"{API}/v1/keys/{key['id']}", headers=master, timeout=20))
    told("twice", requests.delete(f"{API}/vault/keys/{key['id']}", headers=master, timeout=20))
    told("late", session.post(f"{STRIPE}/charges", json=charge))
