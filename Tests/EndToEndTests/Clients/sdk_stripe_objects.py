"""stripe-python pays in two steps, gives it back, and confirms payments that somebody else made (the arguments)."""
import os
import sys

import stripe
from common import tell

stripe.api_key = os.environ["STRIPE_API_KEY"]
card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035, "cvc": "123"}


def step(case, call):
    try:
        answer = call()
        tell(case, id=answer.id, amount=getattr(answer, "amount", None), status=getattr(answer, "status", None))
        return answer
    except stripe.StripeError as error:
        tell(case, status=error.http_status, text=str(error))


method = step("method", lambda: stripe.PaymentMethod.create(type="card", card=card))
mine = step("create", lambda: stripe.PaymentIntent.create(amount=500, currency="usd", payment_method=method.id))
step("confirm", mine.confirm)
step("refund", lambda: stripe.Refund.create(payment_intent=mine.id))
for theirs in sys.argv[1:]:
    step(theirs, lambda: stripe.PaymentIntent.confirm(theirs))
