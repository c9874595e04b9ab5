"""Form fields that every app shares."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from flattr import money
from flattr.templatetags.money import cents, plain_cents


class CentsField(forms.CharField):
    """An amount that a person types in euros, as cents."""

    def __init__(self, *, min_cents: int, max_cents: int, **options: Any) -> None:
        super().__init__(**options)
        self.min_cents, self.max_cents = min_cents, max_cents
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "size": "8"}

    def prepare_value(self, value: Any) -> Any:
        """Show cents as euros."""
        return plain_cents(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """Read euros as cents, within the limits."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            amount = money.parse_cents(text)
        except money.ForeignCurrency as error:
            raise ValidationError(_("Please give the amount in euros."), code="currency") from error
        except money.NotAnAmount as error:
            raise ValidationError(
                _("“%(text)s” is not an amount such as 5 or 5.50."), code="invalid", params={"text": text}
            ) from error
        if not self.min_cents <= amount <= self.max_cents:
            raise ValidationError(
                _("Please choose between %(min)s and %(max)s."),
                code="range",
                params={"min": cents(self.min_cents), "max": cents(self.max_cents)},
            )
        return amount
