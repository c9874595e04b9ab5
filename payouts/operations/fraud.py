"""Early warnings of fraud: a bank says that a payment was probably not the card holder's, before it takes it back."""

import uuid
from datetime import datetime
from typing import Final

from payouts.gateway import get_gateway
from payouts.models import Refund
from payouts.operations import disputes, methods, refunds

_NAMESPACE: Final = uuid.UUID("7f2d2a52-5a1c-4f0e-9d0b-0d3f1f6f3c11")


def heed_warning(*, reference: str, now: datetime) -> Refund | None:
    """Let nobody charge that card again, and pay the deposit back where nothing of it was given yet.

    That costs less than the dispute that would follow. This will return the refund, for a worker to send. The same
    warning again changes nothing.

    :raises NotOurDeposit: if the payment that it names isn't a deposit that has succeeded.
    :raises BeingSettled: if a settlement that isn't finished may be giving it.
    """
    deposit = disputes.deposit_paid_by(payment=get_gateway().warned_payment(reference=reference))
    methods.remove_method(fan=deposit.fan, now=now)
    return refunds.refund_unspent(request_id=uuid.uuid5(_NAMESPACE, reference), deposit=deposit, now=now)
