"""What the crew may ask for, over httpx, which CrewAI itself brings. Whether it gets it is decided by the sidecar."""
import os

import httpx
from crewai.tools import tool

# A placeholder: `cofferdam run` has put it there, and the sidecar puts the real key in its place.
stripe = httpx.Client(base_url="https://api.stripe.com/v1", auth=(os.environ["STRIPE_API_KEY"], ""), timeout=30)


def post(path, **fields):
    """The answer in words, also a refusal: CrewAI runs a tool that raises again, six times in all."""
    try:
        answer = stripe.post(path, data={"currency": "usd", **fields})
    except httpx.TransportError:
        return "Stripe can't be reached now."
    made = answer.json()
    if answer.is_error:
        return f"Refused: {made['error']['message']} Don't try again."
    return f"{made['id']}: ${made['amount'] / 100:.2f}, {made['status']}"


@tool("charge")
def charge(customer: str, cents: int) -> str:
    """Charge a customer so many US cents."""
    return post("/payment_intents", customer=customer, amount=cents)


@tool("pay_out")
def pay_out(cents: int) -> str:
    """Send so many US cents to our bank account."""
    return post("/payouts", amount=cents)


TOOLS = [charge, pay_out]
for each in TOOLS:
    # Paying twice is not paying once: a crew with a cache would answer the same wish from memory.
    each.cache_function = lambda *_: False
