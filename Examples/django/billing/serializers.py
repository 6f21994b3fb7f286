from rest_framework import serializers

from . import payments, vault


class ChargeSerializer(serializers.Serializer):
    """What a tool call brings; whom it charges comes from the user, unless the agent says otherwise."""

    amount_cents = serializers.IntegerField(min_value=50)
    customer = serializers.CharField(required=False)

    def create(self, validated_data):
        request = self.context["request"]
        customer = validated_data.get("customer") or vault.customer_of(request.user_name)
        key = payments.key_of(request)
        return payments.create(key, customer=customer, amount_cents=validated_data["amount_cents"])

    def to_representation(self, payment):
        return {"id": payment["id"], "amount_cents": payment["amount"], "customer": payment["customer"]}
