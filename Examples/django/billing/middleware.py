import uuid

from . import vault

# What one request's agent may spend. The budget of its user, in proxy.conf, is what counts over many requests.
REQUEST_CAP_USD = 20


class VaultKeyMiddleware:
    """Gives every tool call a vault key of its own, as `request.vault_key`, and takes it back after the answer.

    Without a key the view still runs: `request.vault_key` is None, and `request.vault_error` says why.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.vault_key, request.vault_error = None, None
        if not request.path.startswith("/tools/"):
            return self.get_response(request)
        # Here your own authentication says who it is; the example believes a header.
        request.user_name = request.headers.get("X-User", "nobody")
        run = request.headers.get("X-Agent-Run-Id", uuid.uuid4().hex)
        try:
            with vault.lent(request.user_name, run, cap_usd=REQUEST_CAP_USD) as key:
                request.vault_key = key.token
                return self.get_response(request)
        except (vault.VaultDown, vault.KeyRefused) as error:
            request.vault_error = error
            return self.get_response(request)
