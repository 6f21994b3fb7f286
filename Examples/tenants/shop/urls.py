from django.urls import path

from billing.views import charge, spend

urlpatterns = [path("tools/charge", charge), path("spend", spend)]
