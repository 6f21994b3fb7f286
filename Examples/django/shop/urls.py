from django.urls import include, path
from rest_framework.routers import SimpleRouter

from billing.views import ChargeView, PaymentViewSet, health

router = SimpleRouter()
router.register("payments", PaymentViewSet, basename="payment")

urlpatterns = [
    path("health", health),
    path("tools/charge", ChargeView.as_view()),
    path("tools/", include(router.urls)),
]
