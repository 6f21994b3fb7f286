from celery import shared_task
from django.conf import settings

from . import payments, vault


@shared_task(bind=True, max_retries=3)
def bill(self, batch, customers, cents):
    """Charges each customer once, however often it has to be tried.

    Each attempt has a key of its own. The label is the batch's, so that all attempts count together and the sidecar
    lets the later ones repeat what the earlier ones began; the idempotency keys are the task's, whose ID stays.
    """
    try:
        with vault.lent(f"bill-{batch}") as key:
            return [payments.charge(key, one, cents, once=f"{self.request.id}-{one}") for one in customers]
    except (vault.Down, payments.Unclear) as error:
        # The key is given back by now.
        raise self.retry(exc=error, countdown=settings.BILLING_RETRY_S * 2**self.request.retries)
