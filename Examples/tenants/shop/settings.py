"""A shop for several tenants, each under a host name of its own: acme.localhost, globex.localhost."""
import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for-the-example-only")
DEBUG = False
ALLOWED_HOSTS = [".localhost"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
USE_TZ = True

INSTALLED_APPS = ["billing"]
MIDDLEWARE = [
    "billing.middleware.TenantMiddleware",
    # Below what says whose request it is.
    "billing.middleware.VaultKeyMiddleware",
]

# What a tenant has booked. Its daily budget stands in proxy.conf, where the shop's own bugs can't change it.
PLANS = {
    "acme": {"endpoints": ["payment_intents.create", "payment_intents.list"], "request_usd_cap": 100},
    "globex": {"endpoints": ["payment_intents.list"], "request_usd_cap": 0},
    "initech": {"endpoints": ["payment_intents.create", "payment_intents.list"], "request_usd_cap": 100},
}

COFFERDAM_API = os.environ.get("COFFERDAM_API", "http://127.0.0.1:4701")
COFFERDAM_GATEWAY = os.environ.get("COFFERDAM_GATEWAY", "http://127.0.0.1:4700")
COFFERDAM_TOKEN = os.environ["SHOP_SECRET"]
