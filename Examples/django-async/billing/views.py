import asyncio
import json

from django.http import JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_POST

from . import payments, vault


@require_POST
async def charge(request):
    """One payment."""
    try:
        paid = await payments.charge(request.vault_key, request.user_name, json.loads(request.body)["amount_cents"])
    except payments.Refused as error:
        return JsonResponse({"error": error.code, "message": str(error)}, status=error.status)
    return JsonResponse({"id": paid})


@require_POST
async def charge_all(request):
    """Several at once under the request's one key: its cap holds for all of them together."""
    calls = [payments.charge(request.vault_key, request.user_name, cents) for cents in json.loads(request.body)["cents"]]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    return JsonResponse({"outcomes": [str(outcome) for outcome in outcomes]})


@require_POST
async def charge_each(request):
    """One after the other until one is refused, told as it goes. What is produced later needs a key that lives as long."""
    cents = json.loads(request.body)["cents"]

    async def told():
        try:
            async with vault.lent(request.user_name) as key:
                for one in cents:
                    yield await payments.charge(key, request.user_name, one) + "\n"
        except (vault.NoKey, payments.Refused) as error:
            yield f"{error}\n"

    return StreamingHttpResponse(told(), content_type="text/plain")
