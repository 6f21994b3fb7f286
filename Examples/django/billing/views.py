from django.http import HttpResponse
from rest_framework import mixins, viewsets
from rest_framework.response import Response
from rest_framework.views import APIView

from . import payments, vault
from .serializers import ChargeSerializer


def health(request):
    return HttpResponse("ok\n", content_type="text/plain")


class ChargeView(APIView):
    """The tool `charge`: takes money from the user's customer, or says why not."""

    def post(self, request):
        call = ChargeSerializer(data=request.data, context={"request": request})
        call.is_valid(raise_exception=True)
        call.save()
        return Response(call.data)


class PaymentViewSet(mixins.CreateModelMixin, viewsets.GenericViewSet):
    """The same as a resource: create one, list the user's."""

    serializer_class = ChargeSerializer

    def list(self, request):
        customer = request.query_params.get("customer") or vault.customer_of(request.user_name)
        found = payments.listed(payments.key_of(request), customer=customer)
        return Response(self.get_serializer(found, many=True).data)
