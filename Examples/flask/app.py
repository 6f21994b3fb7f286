"""A tool backend for agents. Each request gets a vault key for its user and customer, which ends with the request."""
import os

import requests
import stripe
from flask import Flask, g, jsonify, request

VAULT = os.environ.get("COFFERDAM_API", "http://127.0.0.1:4701") + "/v1/keys"
GATEWAY = os.environ.get("COFFERDAM_GATEWAY", "http://127.0.0.1:4700") + "/stripe"

app = Flask(__name__)
vault = requests.Session()
vault.headers["Authorization"] = "Bearer " + os.environ["SHOP_SECRET"]
# One client for all: the key comes with each call.
payments = stripe.StripeClient("no key of its own", base_addresses={"api": GATEWAY}).v1.payment_intents


class Refused(Exception):
    def __init__(self, status, error, message, **fields):
        self.status, self.fields = status, fields
        self.content = {"error": error, "message": message}


@app.before_request
def issue():
    user = request.headers.get("X-User", "")  # stands for your authentication
    order = {
        "label": f"flask-{user}",
        "vendor": "stripe",
        "allowed_endpoints": ["payment_intents.create", "payment_intents.retrieve"],
        "daily_usd_cap": 20,
        "expires_in": "1m",
        "tags": {"user": user, "customer": customer_of(user)},
    }
    try:
        answer = vault.post(VAULT, json=order, timeout=5)
    except requests.RequestException:
        raise unavailable()
    if answer.status_code >= 500:
        raise unavailable()
    if not answer.ok:
        raise Refused(403, answer.json()["code"], answer.json()["message"])
    g.key = answer.json()


def customer_of(user):
    """Whom a user's agents may charge; a shop would look it up."""
    return f"cus_{user}"


@app.teardown_request
def revoke(_):
    if key := g.pop("key", None):
        try:
            vault.delete(f"{VAULT}/{key['id']}", timeout=5)
        except requests.RequestException:
            app.logger.warning("%s was not revoked; it expires by itself", key["id"])


def unavailable():
    return Refused(503, "vault_unavailable", "Nothing was charged. Try again in a minute.", **{"Retry-After": "60"})


@app.post("/tools/charge")
def charge():
    order = request.get_json()
    fields = {"amount": order["amount_cents"], "currency": "usd", "customer": order["customer"]}
    return payments.create(fields, {"api_key": g.key["token"]}).to_dict(), 201


@app.get("/tools/charge/<id>")
def show(id):
    return payments.retrieve(id, None, {"api_key": g.key["token"]}).to_dict()


@app.errorhandler(Refused)
def refused(error):
    return jsonify(error.content), error.status, error.fields


@app.errorhandler(stripe.StripeError)
def failed(error):
    status, code, message = told(error)
    return jsonify(error=code, message=message), status


def told(error):
    """For the agent's model. The sidecar's refusals have a code beside their error object, Stripe's errors none."""
    code = (error.json_body or {}).get("code")
    if code == "cap_exhausted":
        return 402, "spend_cap_reached", error.user_message
    if code:
        return 403 if error.http_status == 401 else error.http_status, code, error.user_message
    if isinstance(error, stripe.CardError):
        return 402, error.code, error.user_message
    if error.http_status and error.http_status < 500:
        return 400, error.code or "invalid_request", error.user_message
    return 502, "vendor_error", "It is not known whether this was charged. Look before you try again."
