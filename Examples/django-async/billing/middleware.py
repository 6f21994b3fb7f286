from django.http import JsonResponse
from django.utils.decorators import async_only_middleware

from . import vault


@async_only_middleware
def vault_key(get_response):
    """Gives every tool call a key of its own, and takes it back after the answer."""

    async def middleware(request):
        # Here your own authentication says who it is; the example believes a header.
        request.user_name = request.headers.get("X-User", "nobody")
        if not request.path.startswith("/tools/"):
            return await get_response(request)
        try:
            async with vault.lent(request.user_name) as request.vault_key:
                return await get_response(request)
        except vault.NoKey as error:
            return JsonResponse({"error": error.code, "message": str(error)}, status=error.status)

    return middleware
