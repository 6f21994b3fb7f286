"""stripe-python as it comes, synchronous or (with the argument async) asynchronous: pay, pay out, and pay too much."""
import asyncio
import os
import sys

import stripe
from common import surroundings, tell

stripe.api_key = os.environ["STRIPE_API_KEY"]


def failed(case, error):
    body = error.json_body if isinstance(error.json_body, dict) else {}
    tell(case, kind=type(error).__name__, status=error.http_status, code=error.code, message=error.user_message,
         text=str(error), body_code=body.get("code"))


def pay():
    return stripe.PaymentIntent.create(amount=1300, currency="usd")


def pay_out():
    return stripe.Payout.create(amount=500, currency="usd")


async def pay_async():
    return await stripe.PaymentIntent.create_async(amount=1300, currency="usd")


async def pay_out_async():
    return await stripe.Payout.create_async(amount=500, currency="usd")


def sync_main():
    for case, call in (("allowed", pay), ("refused", pay_out), ("capped", pay)):
        try:
            tell(case, id=call().id)
        except stripe.StripeError as error:
            failed(case, error)


async def async_main():
    for case, call in (("allowed", pay_async), ("refused", pay_out_async), ("capped", pay_async)):
        try:
            tell(case, id=(await call()).id)
        except stripe.StripeError as error:
            failed(case, error)


surroundings()
if sys.argv[1:] == ["async"]:
    asyncio.run(async_main())
else:
    sync_main()
