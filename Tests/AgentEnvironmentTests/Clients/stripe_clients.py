"""Calls Stripe with its own library in every way that it has; prints how each call came to the server, as JSON."""

import asyncio
import json
import os

import stripe

stripe.api_key = os.environ["STRIPE_API_KEY"]
stripe.max_network_retries = 0
ways = {"version": stripe.VERSION, "key": stripe.api_key}


def tried(name, call):
    try:
        ways[name] = call()["way"]
    except Exception as problem:
        ways[name] = repr(problem)[:300]


def by_client():
    client = stripe.StripeClient(stripe.api_key)
    return getattr(client, "v1", client).customers.retrieve("cus_1")


def by_other_library(library):
    stripe.default_http_client = library()
    try:
        return asyncio.run(stripe.Customer.retrieve_async("cus_1"))
    finally:
        stripe.default_http_client = None


tried("sync", lambda: stripe.Customer.retrieve("cus_1"))
tried("client", by_client)
tried("httpx", lambda: asyncio.run(stripe.Customer.retrieve_async("cus_1")))
tried("aiohttp", lambda: by_other_library(stripe.AIOHTTPClient))
print(json.dumps(ways))
