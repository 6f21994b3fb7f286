import json

from celery.result import AsyncResult
from django.http import JsonResponse
from django.views.decorators.http import require_GET, require_POST

from .tasks import bill


@require_POST
def begin(request):
    """Queues the work. The request's own key, had it one, would be over before the task begins."""
    call = json.loads(request.body)
    task = bill.delay(call["batch"], call["customers"], call["amount_cents"])
    return JsonResponse({"task": task.id}, status=202)


@require_GET
def show(request, task):
    result = AsyncResult(task)
    told = {"state": result.state}
    if result.successful():
        told["payments"] = result.result
    elif result.failed():
        told["error"] = str(result.result)
    return JsonResponse(told)
