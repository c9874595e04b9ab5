"""All that we keep of a person, table by table, to be taken along.

A table that knows people stands in one of two lists here, which a test compares with the database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Model

from accounts.models import Closing, Connection, CreatorProfile, Notification, Subscription, User
from buttons.models import (
    Button,
    ButtonAlias,
    Click,
    ClickReport,
    ClickVisibility,
    Confirmation,
    Digest,
    Introduction,
    OneClick,
    PageCheck,
    Site,
    SiteKey,
    StandingClick,
    Supporter,
    VisibilityChoice,
)
from flattr.period import Period
from payouts.ledger import chart
from payouts.ledger import queries as ledger
from payouts.models import (
    ButtonEarning,
    CoAuthor,
    CoAuthorShare,
    Consent,
    CreatorCap,
    Debt,
    Deposit,
    Dispute,
    DisputeShare,
    Gift,
    PaymentMethod,
    Payout,
    PayoutAccount,
    Recovery,
    Refund,
    SettlementEarning,
    SettlementLine,
    SettlementSpend,
)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a model that belong to whom `person` leads to; fields that are secrets are left out."""

    model: type[Model]
    person: str
    secrets: frozenset[str] = frozenset()

    def rows_of(self, user: User) -> list[Row]:
        """Return the user's rows, in the order in which they were made as far as their keys tell."""
        fields = [each.attname for each in self.model._meta.concrete_fields if each.name not in self.secrets]  # noqa: SLF001  Django documents it.
        rows = self.model._default_manager.filter(**{self.person: user.pk}).order_by("pk").values(*fields)  # noqa: SLF001  The same.
        return [{name: str(one) if isinstance(one, Period) else one for name, one in row.items()} for row in rows]


TABLES: Final[Mapping[str, Table]] = {
    "user": Table(model=User, person="pk", secrets=frozenset({"password"})),
    "email_addresses": Table(model=EmailAddress, person="user"),
    "second_factors": Table(model=Authenticator, person="user", secrets=frozenset({"data"})),
    "accounts_elsewhere": Table(model=SocialAccount, person="user"),
    "connections": Table(model=Connection, person="owner", secrets=frozenset({"sealed_secret"})),
    "closing": Table(model=Closing, person="user"),
    "creator_profile": Table(model=CreatorProfile, person="user"),
    "subscriptions": Table(model=Subscription, person="fan"),
    "emails": Table(model=Notification, person="recipient"),
    "sites": Table(model=Site, person="creator", secrets=frozenset({"token"})),
    "buttons": Table(model=Button, person="creator"),
    "other_addresses_of_buttons": Table(model=ButtonAlias, person="creator"),
    "checks_of_pages": Table(model=PageCheck, person="creator"),
    "clicks": Table(model=Click, person="fan"),
    "clicks_of_every_month": Table(model=StandingClick, person="fan"),
    "confirmations": Table(model=Confirmation, person="fan", secrets=frozenset({"challenge"})),
    "clicks_by_one_press": Table(model=OneClick, person="fan"),
    "keys_of_sites": Table(model=SiteKey, person="fan", secrets=frozenset({"secret_hash", "previous_hash"})),
    "visibility_for_creators": Table(model=VisibilityChoice, person="fan"),
    "visibility_of_clicks": Table(model=ClickVisibility, person="fan"),
    "named_as_supporter": Table(model=Supporter, person="fan"),
    "reports_of_clicks": Table(model=ClickReport, person="fan"),
    "monthly_posts": Table(model=Digest, person="fan"),
    # By whose link they came is the secret of whoever shared it.
    "first_clicks_by_links": Table(model=Introduction, person="fan", secrets=frozenset({"sharer"})),
    "caps": Table(model=CreatorCap, person="fan"),
    "deposits": Table(model=Deposit, person="fan"),
    "disputes": Table(model=Dispute, person="deposit__fan"),
    "shares_of_disputes": Table(model=DisputeShare, person="owner"),
    "refunds": Table(model=Refund, person="fan"),
    "payment_method": Table(model=PaymentMethod, person="fan"),
    "consents": Table(model=Consent, person="fan"),
    "spent": Table(model=SettlementSpend, person="fan"),
    "spent_by_button": Table(model=SettlementLine, person="fan"),
    "gifts_given": Table(model=Gift, person="fan"),
    # Who gave them is the secret of whoever did, unless they said so in the note.
    "gifts_received": Table(model=Gift, person="creator", secrets=frozenset({"fan"})),
    "earned": Table(model=SettlementEarning, person="creator"),
    "earned_by_button": Table(model=ButtonEarning, person="creator"),
    "buttons_shared_with_others": Table(model=CoAuthor, person="owner"),
    "buttons_shared_with_them": Table(model=CoAuthor, person="person"),
    "earned_by_co_authors": Table(model=CoAuthorShare, person="co_author__owner"),
    "earned_as_co_author": Table(model=CoAuthorShare, person="co_author__person"),
    "debts": Table(model=Debt, person="creator"),
    "recoveries": Table(model=Recovery, person="debt__creator"),
    "payout_account": Table(model=PayoutAccount, person="creator"),
    "payouts": Table(model=Payout, person="creator"),
}

NOT_THEIRS: Final[Mapping[str, str]] = {
    "accounts.Session.user": "its key would let in whoever reads the file; the page of browsers shows the rest",
    "admin.LogEntry.user": "what staff did, about others",
    "buttons.Click.creator": "clicks are their fans'; creators have the sums",
    "buttons.Confirmation.creator": "the fans'",
    "buttons.Introduction.creator": "the fans'; creators see the numbers",
    "buttons.Introduction.sharer": "the fans'; who shared sees the numbers",
    "buttons.OneClick.creator": "the fans'",
    "buttons.Supporter.creator": "the fans'; creators see on a page whom they may",
    "buttons.VisibilityChoice.creator": "the fans'",
    "buttons.OriginDecision.decided_by": "what staff decided, about others",
    "buttons.OriginStanding.decided_by": "the same",
    "payouts.CreatorCap.creator": "the fans', who alone know of them",
    "payouts.Payout.first_reviewer": "the same",
    "payouts.Payout.reviewed_by": "the same",
    "payouts.ReconciliationItem.ended_by": "the same",
    "payouts.SettlementLine.creator": "the fans'; creators have the sums by button",
    "ledger.LedgerAccount.owner": "the entries of these accounts are given instead",
}
"""Where else rows know a person, and why those aren't given."""

_BALANCES: Final = {"fan_balance": chart.Kind.FAN_BALANCE, "creator_balance": chart.Kind.CREATOR_BALANCE}
_BEFORE: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AFTER: Final = datetime(9000, 1, 1, tzinfo=UTC)


def tables_of(*, user: User) -> dict[str, list[Row]]:
    """Return the user's rows by table, amounts in the units that their names tell, moments in UTC."""
    found = {name: table.rows_of(user) for name, table in TABLES.items()}
    for name, kind in _BALANCES.items():
        found[f"entries_of_{name}"] = list(_entries(kind, user))
    return found


def _entries(kind: chart.Kind, user: User) -> Iterator[Row]:
    """Yield all movements of one of the user's balances, oldest first, with what it held after each."""
    account = ledger.account_of(kind=kind, owner=user)
    if account is None:
        return
    for entry in ledger.entries(account=account, start=_BEFORE, end=_AFTER)[1]:
        yield {
            "kind": entry.kind.value,
            "occurred_at": entry.occurred_at,
            "change_micros": entry.change_micros,
            "balance_micros": entry.balance_micros,
            "key": entry.idempotency_key,
        }
