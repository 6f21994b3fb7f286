import json

import stripe
from django.http import JsonResponse
from django.views.decorators.http import require_POST


@require_POST
def charge(request):
    """Written before anybody thought of agents, and unchanged since."""
    call = json.loads(request.body)
    payment = stripe.PaymentIntent.create(
        amount=call["amount_cents"], currency="usd", customer=call.get("customer") or f"cus_{request.user_name}"
    )
    return JsonResponse({"id": payment.id, "amount_cents": payment.amount, "customer": payment.customer})


@require_POST
def charge_with_key(request):
    """The same with a key of the request's own, for those who want keys: one argument more."""
    call = json.loads(request.body)
    payment = stripe.PaymentIntent.create(
        amount=call["amount_cents"],
        currency="usd",
        customer=call.get("customer") or f"cus_{request.user_name}",
        api_key=request.vault_key,
    )
    return JsonResponse({"id": payment.id, "amount_cents": payment.amount, "customer": payment.customer})
