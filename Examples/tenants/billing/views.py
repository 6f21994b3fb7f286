import json

import requests
from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.http import require_GET, require_POST

from . import vault


@require_POST
def charge(request):
    """The tool `charge`: one payment of the tenant's user."""
    call = json.loads(request.body)
    customer = call.get("customer") or vault.customer_of(request.tenant, request.user_name)
    answer = requests.post(
        f"{settings.COFFERDAM_GATEWAY}/stripe/v1/payment_intents",
        headers={"Authorization": f"Bearer {request.vault_key}"},
        data={"amount": call["amount_cents"], "currency": "usd", "customer": customer},
        timeout=30,
    )
    content = answer.json()
    if answer.ok:
        # What the fullest of the accounts that cover the request has left: an agent can plan with it.
        left = answer.headers["Cofferdam-Remaining-Usd"]
        return JsonResponse({"id": content["id"], "customer": content["customer"], "remaining_usd": left})
    error = content["error"]
    told = {"error": error.get("code") or error["type"], "message": error["message"]}
    return JsonResponse(told, status=402 if answer.status_code in (402, 429) else answer.status_code)


@require_GET
def spend(request):
    """For the tenant's own books."""
    return JsonResponse({"tenant": request.tenant, "spent_usd": vault.spent_usd(request.tenant)})
