"""A shop whose agents may charge cards. It holds no Stripe key: only the secret with which it orders vault keys."""
import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for-the-example-only")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
USE_TZ = True

INSTALLED_APPS = ["rest_framework", "billing"]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Below whatever says who the user is. A shop takes one of the two.
    {
        "request": "billing.middleware.VaultKeyMiddleware",
        "session": "billing.middleware.SessionVaultKeyMiddleware",
    }[os.environ.get("SHOP_KEY_PER", "request")],
]
# On the server: with signed cookies the browser could read its vault key.
SESSION_ENGINE = "django.contrib.sessions.backends.file"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}

# The sidecar: keys are ordered at the one address and used at the other.
COFFERDAM_API = os.environ.get("COFFERDAM_API", "http://127.0.0.1:4701")
COFFERDAM_GATEWAY = os.environ.get("COFFERDAM_GATEWAY", "http://127.0.0.1:4700")
COFFERDAM_TOKEN = os.environ["SHOP_SECRET"]
