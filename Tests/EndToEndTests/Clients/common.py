"""What every agent here does: it tells what it saw, one JSON object a line, and shows all that it was given."""
import json
import os


def tell(case, **seen):
    print(json.dumps({"case": case, **seen}), flush=True)


def surroundings():
    """Everything that a process can find out about itself, for the search for credentials."""
    with open("/proc/self/environ", "rb") as file:
        tell("surroundings", environ=file.read().decode(errors="replace"), environment=dict(os.environ))


BASE = "https://api.stripe.com"
PAY = {"amount": "1300", "currency": "usd"}
CHARGE = (BASE + "/v1/payment_intents", PAY)
PAYOUT = (BASE + "/v1/payouts", {"amount": "500", "currency": "usd"})
FIELDS = {"Authorization": "Bearer " + os.environ.get("STRIPE_API_KEY", "none")}


def told(case, status, answer):
    tell(case, status=status, id=answer.get("id"), code=answer.get("code"), message=answer.get("message"))
