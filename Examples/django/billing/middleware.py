import time
import uuid

from . import vault

# What one request's agent, or one session's, may spend. The budget of its user, in proxy.conf, is what counts over many requests.
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


class SessionVaultKeyMiddleware:
    """Fewer orders: one key for each session, kept there for a quarter of an hour. Its cap is the session's."""

    LIFETIME_S = 15 * 60

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.vault_key, request.vault_error = None, None
        if not request.path.startswith("/tools/"):
            return self.get_response(request)
        request.user_name = request.headers.get("X-User", "nobody")
        try:
            request.vault_key = self._key(request)
        except (vault.VaultDown, vault.KeyRefused) as error:
            request.vault_error = error
        response = self.get_response(request)
        if _says_key_is_over(response):
            # The next call gets a new one. Who is to get none is stopped, not revoked.
            request.session.pop("vault_key", None)
        return response

    def _key(self, request):
        kept = request.session.get("vault_key")
        if not kept or kept["user"] != request.user_name or kept["until"] < time.time():
            key = vault.issue(
                request.user_name, uuid.uuid4().hex, cap_usd=REQUEST_CAP_USD, expires_in=f"{self.LIFETIME_S}s")
            # Not to the last second: the view needs it too.
            until = time.time() + self.LIFETIME_S - 60
            kept = {"user": request.user_name, "token": key.token, "until": until}
            request.session["vault_key"] = kept
        return kept["token"]


def _says_key_is_over(response):
    told = getattr(response, "data", None)
    return isinstance(told, dict) and str(told.get("error", "")).startswith("vault_key_")
