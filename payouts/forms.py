"""Forms about money."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import BUDGET_CENTS_MAX, BUDGET_CENTS_MIN, Subscription
from flattr.forms import CentsField
from payouts.operations.deposits import DEPOSIT_CENTS_MAX, DEPOSIT_CENTS_MIN

_PAYOUT_CENTS_MAX = 100_000_000


class SubscriptionForm(forms.Form):
    """A monthly budget, and for how many months one charge pays."""

    budget_cents = CentsField(
        label=_("Monthly budget in euros"), min_cents=BUDGET_CENTS_MIN, max_cents=BUDGET_CENTS_MAX, initial=500
    )
    term_months = forms.TypedChoiceField(
        label=_("Pay every"), choices=Subscription.Term.choices, coerce=int, initial=Subscription.Term.MONTHLY
    )


class DepositForm(forms.Form):
    """An amount to pay in."""

    amount_cents = CentsField(
        label=_("Amount in euros"), min_cents=DEPOSIT_CENTS_MIN, max_cents=DEPOSIT_CENTS_MAX, initial=1000
    )


class RefundForm(forms.Form):
    """An amount to be paid back."""

    amount_cents = CentsField(label=_("Amount in euros"), min_cents=1, max_cents=_PAYOUT_CENTS_MAX)


class PayoutForm(forms.Form):
    """An amount to be paid out; the operation says what is enough, and what is withdrawable."""

    amount_cents = CentsField(label=_("Amount in euros"), min_cents=1, max_cents=_PAYOUT_CENTS_MAX)


class ReviewForm(forms.Form):
    """A reviewer's decision about a payout."""

    decision = forms.ChoiceField(choices=[("approve", _("Approve")), ("reject", _("Reject"))])
    reason = forms.CharField(
        label=_("Reason, if you reject; the creator reads it"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
