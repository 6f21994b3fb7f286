"""A worker that charges for orders, one after the other. It is written as if it held Stripe's key."""
import json
import os
import sys

import stripe

stripe.api_key = os.environ["STRIPE_API_KEY"]

# Stands for a queue.
ORDERS = [{"id": "o-1", "cents": 2000}, {"id": "o-2", "cents": 2500}, {"id": "o-3", "cents": 1000}]


def charge(order):
    """A restarted pod must not charge twice, so the order's own name is the key."""
    return stripe.PaymentIntent.create(amount=order["cents"], currency="usd", idempotency_key=order["id"])


def main():
    for order in ORDERS:
        try:
            print(json.dumps({"order": order["id"], "paid": charge(order).id}), flush=True)
        except stripe.StripeError as error:
            print(json.dumps({"order": order["id"], "error": error.user_message or str(error)}), flush=True)
            if error.http_status in (401, 403, 429):
                sys.exit(1)  # refused: the other orders would be, too


if __name__ == "__main__":
    main()
