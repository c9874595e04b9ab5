"""Forms about money."""

import uuid
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from babel import Locale
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import BUDGET_CENTS_MAX, BUDGET_CENTS_MIN, Subscription
from buttons.models import PUBLIC_ID_LENGTH
from flattr.forms import CentsField
from flattr.templatetags.money import cents
from payouts.models.caps import CAP_CENTS_MIN
from payouts.models.gifts import GIFT_CENTS_MAX, GIFT_CENTS_MIN, NOTE_LENGTH_MAX
from payouts.operations.deposits import DEPOSIT_CENTS_MAX, DEPOSIT_CENTS_MIN
from payouts.queries import fees

_PAYOUT_CENTS_MAX = 100_000_000
_USUAL_BUDGET_CENTS = 500
_USUAL_BUDGETS_CENTS: Final = (200, 500, 1000, 2000)
_USUAL_GIFTS_CENTS: Final = (200, 500, 1000, 2000)


class RowIdField(forms.UUIDField):
    """The id of a row that isn't made yet; in place of what is none, the page that says so brings a new one."""

    widget = forms.HiddenInput

    def prepare_value(self, value: Any) -> str:
        """Show the id, or a new one."""
        try:
            return str(self.to_python(value) or uuid.uuid4())
        except ValidationError:
            return str(uuid.uuid4())


class OnceForm(forms.Form):
    """A form with the id of the row that it makes, so that sending it twice makes one."""

    row_id = RowIdField(
        error_messages={"required": _("Please send the form again."), "invalid": _("Please send the form again.")}
    )


class CoAuthorForm(forms.Form):
    """Whom a creator offers how much of what a button earns."""

    whom = forms.CharField(
        label=_("With whom?"),
        max_length=254,
        help_text=_("The address of a creator’s page here, such as @ada."),
    )
    percent = forms.IntegerField(
        label=_("How many percent?"),
        min_value=1,
        max_value=99,
        help_text=_("A whole number. What is left of a hundred stays yours."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class SubscriptionForm(OnceForm):
    """A monthly budget, and for how many months one charge pays; the row is the deposit, where one is needed.

    It starts with the `latest` promise, or with a usual budget and what is suggested for it.
    """

    budget_cents = CentsField(
        label=_("Monthly budget in euros"), min_cents=BUDGET_CENTS_MIN, max_cents=BUDGET_CENTS_MAX
    )
    term_months = forms.TypedChoiceField(label=_("Pay every"), choices=Subscription.Term.choices, coerce=int)

    def __init__(self, sent: QueryDict | None, *, latest: Subscription | None, kind_of_method: str) -> None:
        budget_cents = latest.budget_cents if latest else _USUAL_BUDGET_CENTS
        suggested = fees.suggested_term(kind=kind_of_method, budget_cents=budget_cents)
        term_months = latest.term_months if latest else suggested
        super().__init__(sent, initial={"budget_cents": budget_cents, "term_months": term_months})

    @property
    def shown_budget_cents(self) -> int:
        """Return the budget that was sent, or in place of none or of what is none, the one that it started with."""
        sent = self.cleaned_data.get("budget_cents") if self.is_bound else None
        return int(sent or self.initial["budget_cents"])


class CapForm(forms.Form):
    """How much of the fan's cake a creator gets at most, each month."""

    most_cents = CentsField(label=_("At most, in euros a month"), min_cents=CAP_CENTS_MIN, max_cents=BUDGET_CENTS_MAX)


class SumForm(OnceForm):
    """One of a few usual sums, or another one, which counts where "another" is chosen; `cents` is what was meant."""

    OTHER: Final = "other"

    def __init__(
        self, sent: QueryDict | None, *, usual_cents: Sequence[int], limits_cents: tuple[int, int], chosen_cents: int
    ) -> None:
        self.usual_cents = usual_cents
        is_usual = chosen_cents in usual_cents
        super().__init__(
            sent,
            initial={
                "choice": str(chosen_cents) if is_usual else self.OTHER,
                "other": None if is_usual else chosen_cents,
            },
        )
        usual = [(str(each), cents(each)) for each in usual_cents]
        self.fields["choice"] = forms.ChoiceField(choices=[*usual, (self.OTHER, _("Another sum"))])
        self.fields["other"] = CentsField(
            label=_("Sum in euros"), min_cents=limits_cents[0], max_cents=limits_cents[1], required=False
        )

    def clean(self) -> dict[str, Any]:
        """Read the sum as `cents`; what stands in the field for another one counts only where that was chosen."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        choice = found.get("choice")
        if choice != self.OTHER:
            self.errors.pop("other", None)
        elif "other" not in self.errors and found["other"] is None:
            self.add_error("other", _("This field is required."))
        found["cents"] = found.get("other") if choice == self.OTHER else int(choice or 0)
        return found


class WelcomeForm(SumForm):
    """A first monthly budget, and for how many months one charge pays."""

    term_months = forms.TypedChoiceField(label=_("Pay every"), choices=Subscription.Term.choices, coerce=int)

    def __init__(self, sent: QueryDict | None) -> None:
        super().__init__(
            sent,
            usual_cents=_USUAL_BUDGETS_CENTS,
            limits_cents=(BUDGET_CENTS_MIN, BUDGET_CENTS_MAX),
            chosen_cents=_USUAL_BUDGET_CENTS,
        )
        self.initial["term_months"] = fees.suggested_term(kind="", budget_cents=_USUAL_BUDGET_CENTS)


class GiftForm(SumForm):
    """A gift to a creator, with a note."""

    note = forms.CharField(
        label=_("A word for the creator, if you like"),
        max_length=NOTE_LENGTH_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    button = forms.SlugField(max_length=PUBLIC_ID_LENGTH, required=False, widget=forms.HiddenInput)

    def __init__(self, sent: QueryDict | None, *, draft: Mapping[str, Any]) -> None:
        super().__init__(
            sent,
            usual_cents=_USUAL_GIFTS_CENTS,
            limits_cents=(GIFT_CENTS_MIN, GIFT_CENTS_MAX),
            chosen_cents=draft.get("cents", _USUAL_GIFTS_CENTS[1]),
        )
        self.initial.update(note=draft.get("note", ""), button=draft.get("button", ""))


class DepositForm(OnceForm):
    """An amount to pay in."""

    amount_cents = CentsField(
        label=_("Amount in euros"), min_cents=DEPOSIT_CENTS_MIN, max_cents=DEPOSIT_CENTS_MAX, initial=1000
    )


class RefundForm(OnceForm):
    """An amount to be paid back."""

    amount_cents = CentsField(label=_("Amount in euros"), min_cents=1, max_cents=_PAYOUT_CENTS_MAX)


class PayoutForm(OnceForm):
    """An amount to be paid out; the operation says what is enough, and what is withdrawable."""

    amount_cents = CentsField(label=_("Amount in euros"), min_cents=1, max_cents=_PAYOUT_CENTS_MAX)


class AccountForm(forms.Form):
    """Where a creator lives, which says what the provider must know of them."""

    country = forms.ChoiceField(label=_("Country you live in"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Locale.parse(get_language() or "en").territories
        choices = [(code, names[code]) for code in settings.PAYOUT_COUNTRIES]
        self.fields["country"].choices = sorted(choices, key=itemgetter(1))  # type: ignore[attr-defined]


class SmallestPayoutForm(forms.Form):
    """Below which amount a creator doesn't want to be paid out."""

    least_cents = CentsField(label=_("Amount in euros"), min_cents=0, max_cents=_PAYOUT_CENTS_MAX)


class ReviewForm(forms.Form):
    """A reviewer's decision about a payout."""

    decision = forms.ChoiceField(choices=[("approve", _("Approve")), ("reject", _("Reject"))])
    reason = forms.CharField(
        label=_("Reason, if you reject; the creator reads it"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SetAsideForm(forms.Form):
    """Why staff let an event of the provider's be."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class ResolveForm(forms.Form):
    """What a difference between two books was, for whoever reads them."""

    note = forms.CharField(label=_("What it was"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
