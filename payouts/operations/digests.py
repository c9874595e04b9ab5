"""The digest of a settlement's lines, made beside its finish by another worker, which would have nothing to do."""

from flattr.transactions import durable
from payouts.models import Settlement, SettlementDigest
from payouts.queries import settlements


@durable
def digest_lines(*, settlement_id: int) -> bool:
    """Note the digest of a settlement's lines for the finish to publish; return whether that was done here.

    Lines stay as they are once all ranges are done, so it doesn't matter when this is called, or how often, or
    whether at all: a finish that doesn't find the digest makes it.
    """
    settlement = Settlement.objects.filter(pk=settlement_id, finished_at__isnull=True).first()
    if settlement is None or settlements.open_ranges(settlement=settlement):
        return False
    digest = settlements.digest(settlement=settlement)
    SettlementDigest.objects.bulk_create(
        [SettlementDigest(settlement=settlement, digest=digest)], ignore_conflicts=True
    )
    return True
