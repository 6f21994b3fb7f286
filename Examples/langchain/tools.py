"""What the agent may ask for. Whether it gets it is decided by the sidecar, not here."""
import stripe
from langchain_core.tools import ToolException, tool


def _paid(call, **fields):
    try:
        made = call(currency="usd", **fields)
    except stripe.StripeError as error:
        # With handle_tool_error this becomes the tool's answer; any other exception ends the agent.
        raise ToolException(error.user_message or str(error)) from error
    return f"{made.id}: ${made.amount / 100:.2f}, {made.status}"


@tool
def charge(customer: str, cents: int) -> str:
    """Charge a customer so many US cents."""
    return _paid(stripe.PaymentIntent.create, customer=customer, amount=cents)


@tool
def pay_out(cents: int) -> str:
    """Send so many US cents to our bank account."""
    return _paid(stripe.Payout.create, amount=cents)


TOOLS = [charge, pay_out]
for each in TOOLS:
    each.handle_tool_error = True
