from django.urls import path

from billing.views import charge, charge_all, charge_each

urlpatterns = [
    path("tools/charge", charge),
    path("tools/charge-all", charge_all),
    path("streams/charge-each", charge_each),
]
