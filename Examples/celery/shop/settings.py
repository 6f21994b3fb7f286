"""A shop whose agents bill in the background. Web processes and workers hold the same secret, and no Stripe key."""
import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for-the-example-only")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
USE_TZ = True
INSTALLED_APPS = ["billing"]

CELERY_BROKER_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
# A worker that dies leaves its task to another; what it has charged by then is not charged again.
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# Before the first retry; doubled before each further one.
BILLING_RETRY_S = float(os.environ.get("BILLING_RETRY_S", "60"))

COFFERDAM_API = os.environ.get("COFFERDAM_API", "http://127.0.0.1:4701")
COFFERDAM_GATEWAY = os.environ.get("COFFERDAM_GATEWAY", "http://127.0.0.1:4700")
COFFERDAM_TOKEN = os.environ["SHOP_SECRET"]
