import os
import uuid

import requests
import stripe
from django.http import JsonResponse

from . import runs


class RunMiddleware:
    """Names the run of each tool call. No key, no order, nothing to give back."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Here your own authentication says who it is; the example believes a header.
        request.user_name = request.headers.get("X-User", "nobody")
        if not request.path.startswith("/tools/"):
            return self.get_response(request)
        run = request.headers.get("X-Agent-Run-Id") or uuid.uuid4().hex
        with runs.named(f"shop-{request.user_name}-{run}"):
            return self.get_response(request)


class VaultKeyMiddleware:
    """The other way: orders a key for the request, and gives it back."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.keys = os.environ["COFFERDAM_API"] + "/v1/keys"
        self.token = {"Authorization": "Bearer " + os.environ["SHOP_SECRET"]}

    def __call__(self, request):
        if not request.path.startswith("/keyed/"):
            return self.get_response(request)
        order = {
            "label": f"shop-{request.user_name}-{uuid.uuid4().hex}",
            "vendor": "stripe",
            "allowed_endpoints": ["payment_intents.create"],
            "only": {"customer": "cus_{tag.user}"},
            "daily_usd_cap": 20,
            "expires_in": "5m",
        }
        try:
            answer = requests.post(self.keys, json=order, headers=self.token, timeout=5)
        except requests.RequestException:
            return JsonResponse({"error": "vault_unavailable", "message": "Try again in a minute."}, status=503)
        if answer.status_code != 201:
            return JsonResponse({"error": answer.json()["code"], "message": answer.json()["message"]}, status=403)
        request.vault_key = answer.json()["token"]
        try:
            return self.get_response(request)
        finally:
            requests.delete(f"{self.keys}/{answer.json()['id']}", headers=self.token, timeout=5)


class ToolErrorMiddleware:
    """What the SDK raises, as an answer that an agent's model can read."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        if not isinstance(error, stripe.StripeError):
            return None
        if error.error is None:
            return JsonResponse({"error": "vault_unavailable", "message": "Try again in a minute."}, status=503)
        # Not `error.code`: the SDK fills that in for some of its exceptions only.
        code = error.error.code or error.error.type
        status = 402 if code == "cap_exhausted" else error.http_status
        return JsonResponse({"error": code, "message": error.error.message}, status=status)
