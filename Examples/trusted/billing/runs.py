"""Which run the current request is. Everything that Stripe's SDK sends says so; the sidecar does the rest."""
from contextlib import contextmanager
from contextvars import ContextVar

import requests
import stripe

_current = ContextVar("run", default=None)


@contextmanager
def named(run):
    token = _current.set(run)
    try:
        yield
    finally:
        _current.reset(token)


def tell_sidecar():
    """From now on each request of the SDK names the run during which it is sent."""
    session = requests.Session()
    session.auth = _name_run
    stripe.default_http_client = stripe.RequestsClient(session=session)


def _name_run(request):
    if run := _current.get():
        request.headers["X-Agent-Run-Id"] = run
    return request
