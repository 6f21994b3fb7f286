"""A shop with asynchronous views. It holds no Stripe key: only the secret with which it orders vault keys."""
import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for-the-example-only")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "shop.urls"
ASGI_APPLICATION = "shop.asgi.application"
USE_TZ = True

INSTALLED_APPS = ["billing"]
# One middleware that is not asynchronous would put a thread around every view below it.
MIDDLEWARE = ["billing.middleware.vault_key"]

COFFERDAM_API = os.environ.get("COFFERDAM_API", "http://127.0.0.1:4701")
COFFERDAM_GATEWAY = os.environ.get("COFFERDAM_GATEWAY", "http://127.0.0.1:4700")
COFFERDAM_TOKEN = os.environ["SHOP_SECRET"]
