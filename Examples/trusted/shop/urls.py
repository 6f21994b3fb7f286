from django.urls import path

from billing.views import charge, charge_with_key

urlpatterns = [path("tools/charge", charge), path("keyed/charge", charge_with_key)]
