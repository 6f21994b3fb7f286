"""A tool backend for agents. A route that asks for a VaultKey gets one for its user and customer, for one request."""
import logging
import os
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import stripe
from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, PositiveInt

VAULT = os.environ.get("COFFERDAM_API", "http://127.0.0.1:4701")
GATEWAY = os.environ.get("COFFERDAM_GATEWAY", "http://127.0.0.1:4700") + "/stripe"

# One client for all: the key comes with each call.
payments = stripe.StripeClient(
    "no key of its own", base_addresses={"api": GATEWAY}, http_client=stripe.HTTPXClient()
).v1.payment_intents


@asynccontextmanager
async def lifespan(app):
    master = {"Authorization": "Bearer " + os.environ["SHOP_SECRET"]}
    async with httpx.AsyncClient(base_url=VAULT, headers=master, timeout=5) as app.state.vault:
        yield


app = FastAPI(lifespan=lifespan)


class Refused(Exception):
    def __init__(self, status, error, message, **fields):
        self.answer = JSONResponse({"error": error, "message": message}, status, fields)


async def vault_key(request: Request, x_user: Annotated[str, Header()]):  # stands for your authentication
    vault = request.app.state.vault
    key = await issue(vault, x_user)
    try:
        yield key["token"]
    finally:
        try:
            await vault.delete(f"/v1/keys/{key['id']}")
        except httpx.TransportError:
            logging.getLogger("uvicorn.error").warning("%s was not revoked; it expires by itself", key["id"])


VaultKey = Annotated[str, Depends(vault_key)]


async def issue(vault, user):
    order = {
        "label": f"fastapi-{user}",
        "vendor": "stripe",
        "allowed_endpoints": ["payment_intents.create", "payment_intents.retrieve"],
        "daily_usd_cap": 20,
        "expires_in": "1m",
        "tags": {"user": user, "customer": customer_of(user)},
    }
    try:
        answer = await vault.post("/v1/keys", json=order)
    except httpx.TransportError:
        raise unavailable()
    if answer.is_server_error:
        raise unavailable()
    if answer.is_error:
        raise Refused(403, answer.json()["code"], answer.json()["message"])
    return answer.json()


def customer_of(user):
    """Whom a user's agents may charge; a shop would look it up."""
    return f"cus_{user}"


def unavailable():
    return Refused(503, "vault_unavailable", "Nothing was charged. Try again in a minute.", **{"Retry-After": "60"})


class Charge(BaseModel):
    customer: str
    amount_cents: PositiveInt


@app.post("/tools/charge", status_code=201)
async def charge(order: Charge, key: VaultKey):
    fields = {"amount": order.amount_cents, "currency": "usd", "customer": order.customer}
    return (await payments.create_async(fields, {"api_key": key})).to_dict()


@app.get("/tools/charge/{id}")
async def show(id: str, key: VaultKey):
    return (await payments.retrieve_async(id, None, {"api_key": key})).to_dict()


@app.exception_handler(Refused)
async def refused(request, error):
    return error.answer


@app.exception_handler(stripe.StripeError)
async def failed(request, error):
    status, code, message = told(error)
    return JSONResponse({"error": code, "message": message}, status)


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
