import uuid

from django.conf import settings
from django.http import HttpResponseNotFound, JsonResponse

from . import vault


class TenantMiddleware:
    """Says whose request it is, as django-tenants and its like do."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.tenant = request.get_host().split(".")[0]
        if request.tenant not in settings.PLANS:
            return HttpResponseNotFound("no such tenant\n")
        return self.get_response(request)


class VaultKeyMiddleware:
    """A key for each tool call, labelled with tenant, user and run."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith("/tools/"):
            return self.get_response(request)
        # Here your own authentication says who it is; the example believes a header.
        request.user_name = request.headers.get("X-User", "nobody")
        try:
            key = vault.issue(request.tenant, request.user_name, uuid.uuid4().hex)
        except vault.NoKey as error:
            return JsonResponse({"error": error.code, "message": str(error)}, status=error.status)
        request.vault_key = key["token"]
        try:
            return self.get_response(request)
        finally:
            vault.revoke(key)
