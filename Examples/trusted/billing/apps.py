import stripe
from django.apps import AppConfig
from django.conf import settings

from . import runs


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self):
        stripe.api_key = settings.STRIPE_API_KEY
        runs.tell_sidecar()
