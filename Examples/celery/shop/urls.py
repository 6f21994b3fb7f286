from django.urls import path

from billing.views import begin, show

urlpatterns = [path("bills", begin), path("bills/<str:task>", show)]
