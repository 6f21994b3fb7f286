"""What the agent may ask for, over httpx2, which the SDK itself brings. Whether it gets it, the sidecar decides."""
import os

import httpx2
from agents import function_tool

STRIPE = "https://api.stripe.com/v1"
# A placeholder: `cofferdam run` has put it there, and the sidecar puts the real key in its place.
stripe = httpx2.AsyncClient(auth=(os.environ["STRIPE_API_KEY"], ""), timeout=30)


def shown(context, error):
    """What the model is shown instead of the tool's result; the SDK's own text hides why, and says to try again."""
    if isinstance(error, httpx2.HTTPStatusError):
        return f"Refused: {error.response.json()['error']['message']} Don't try again."
    return "Stripe can't be reached now."


async def post(path, **fields):
    answer = await stripe.post(STRIPE + path, data={"currency": "usd", **fields})
    answer.raise_for_status()
    made = answer.json()
    return f"{made['id']}: ${made['amount'] / 100:.2f}, {made['status']}"


@function_tool(failure_error_function=shown)
async def charge(customer: str, cents: int) -> str:
    """Charge a customer so many US cents."""
    return await post("/payment_intents", customer=customer, amount=cents)


@function_tool(failure_error_function=shown)
async def pay_out(cents: int) -> str:
    """Send so many US cents to our bank account."""
    return await post("/payouts", amount=cents)
