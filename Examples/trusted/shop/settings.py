"""A shop that calls Stripe with Stripe's own SDK, and whose STRIPE_API_KEY is a placeholder."""
import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for-the-example-only")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
USE_TZ = True

INSTALLED_APPS = ["billing"]
MIDDLEWARE = [
    "billing.middleware.ToolErrorMiddleware",
    # Below what says who the user is. A shop takes one of these two.
    "billing.middleware.RunMiddleware",
    "billing.middleware.VaultKeyMiddleware",
]

STRIPE_API_KEY = os.environ["STRIPE_API_KEY"]
