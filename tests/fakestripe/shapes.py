"""What Stripe's objects look like, read out of the annotations of the installed `stripe` package."""

import ast
import functools
import importlib
import inspect
import sys
import types
import typing
from decimal import Decimal
from typing import Any, Final, Literal, Union, get_args, get_origin

import stripe
from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._request_options import RequestOptions
from stripe._stripe_object import StripeObject, UntypedStripeObject
from stripe.events._event_classes import get_v2_event_class
from typing_extensions import is_typeddict

Json = dict[str, Any]

OPTIONS: Final = frozenset(RequestOptions.__annotations__)
"""What the package mixes into the parameters for itself; nothing of it is sent."""

OF_ONE_KIND: Final = frozenset(
    {
        "PaymentMethod",
        "Charge.PaymentMethodDetails",
        "Dispute.PaymentMethodDetails",
        "PaymentIntent.PaymentMethodOptions",
        "Session.PaymentMethodOptions",
    }
)
"""Objects that have a hash for each kind of payment method: only the one of their own kind is there."""

ABSENT: Final = {
    "Balance": "connect_reserved instant_available issuing refund_and_dispute_prefunding",
    "Charge": "authorization_code level3 presentment_details radar_options refunds source transfer",
    "Charge.Outcome": "rule",
    "Charge.PaymentMethodDetails.Card": "capture_before extended_authorization incremental_authorization"
    " multicapture overcapture description iin issuer moto",
    "Charge.PaymentMethodDetails.SepaDebit": "expected_debit_date",
    "Customer": "business_name deleted individual_name invoice_credit_balance sources subscriptions tax tax_ids",
    "Dispute.EvidenceDetails.EnhancedEligibility": "mastercard_compliance visa_compelling_evidence_3 visa_compliance",
    "Dispute.Evidence.EnhancedEvidence": "mastercard_compliance visa_compelling_evidence_3 visa_compliance",
    "Dispute": "intended_submission_method network_reason_code payment_method_details",
    "Event": "account context",
    "Event.Data": "previous_attributes",
    "LineItem": "discounts taxes",
    "PaymentIntent": "amount_details hooks payment_details payment_record presentment_details source",
    "PaymentMethod": "radar_options",
    "PaymentMethod.Card": "description iin issuer",
    "Price": "currency_options deleted tiers",
    "Refund": "description destination_details failure_balance_transaction failure_reason instructions_email"
    " next_action pending_reason presentment_details",
    "Session": "branding_settings excluded_payment_method_types line_items name_collection optional_items"
    " phone_number_collection presentment_details redirect_on_completion return_url tax_id_collection",
    "Session.TotalDetails": "breakdown",
    "SetupIntent": "attach_to_self",
}
"""Fields that Stripe leaves out instead of saying null. Source: Stripe's OpenAPI description of 2026-08-26, where
they are neither required nor nullable."""


def _imports(module: types.ModuleType) -> dict[str, tuple[str, str]]:
    """Tell where the names come from that a module imports, for type checkers alone too."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }


@functools.cache
def _namespace(module_name: str) -> Json:
    """Return what the annotations of a module may name."""
    module = importlib.import_module(module_name)
    imported = {
        name: getattr(importlib.import_module(source), original)
        for name, (source, original) in _imports(module).items()
        if source.startswith("stripe") and hasattr(importlib.import_module(source), original)
    }
    return {**vars(typing), "UntypedStripeObject": UntypedStripeObject, **imported, **vars(module)}


@functools.cache
def hints(cls: Any) -> Json:
    """Return the fields of a class of the `stripe` package with their types."""
    found: Json = {}
    for base in reversed(cls.__mro__ if not is_typeddict(cls) else (cls,)):
        own = {
            name: annotation
            for name, annotation in vars(base).get("__annotations__", {}).items()
            if name.islower() and not name.startswith("_") and not (is_typeddict(cls) and name in OPTIONS)
        }
        if base.__module__.startswith("stripe") and base not in (StripeObject, dict):
            bare = types.SimpleNamespace(__annotations__=own)
            found |= typing.get_type_hints(bare, globalns=_namespace(base.__module__))
    return found


def object_class(thing: Json) -> Any:
    """Return the class of an object, which its `object` names; events of API v2 have one for each type."""
    name = thing["object"]
    if name == "v2.core.event":
        return get_v2_event_class(thing["type"])
    return get_object_class("V2" if name.startswith("v2.") else "V1", name)


def options(hint: Any) -> tuple[Any, ...]:
    """Return what a type may be: the parts of a union, or itself alone."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def expandable(hint: Any) -> bool:
    """Tell whether a field holds an id that may be expanded to the object."""
    parts = options(hint)
    return str in parts and any(isinstance(part, type) and issubclass(part, StripeObject) for part in parts)


def absent(cls: type) -> frozenset[str]:
    """Return the fields that are left out as long as there is nothing to say; in API v2 all are there."""
    if cls.__module__.startswith("stripe.v2"):
        return frozenset()
    left_out = frozenset(ABSENT.get(cls.__qualname__, "").split())
    if cls.__qualname__ in OF_ONE_KIND:
        left_out |= {
            name
            for name, hint in hints(cls).items()
            if type(None) in options(hint) and inspect.isclass(options(hint)[0]) and not expandable(hint)
            and issubclass(options(hint)[0], StripeObject) and options(hint)[0] is not UntypedStripeObject
        }  # fmt: skip
    return left_out


def _empty(hint: Any) -> Any:
    """Return the emptiest value of a type."""
    parts = options(hint)
    kind = get_origin(hint) or hint
    if type(None) in parts:
        return None
    if kind is Literal and len(get_args(hint)) == 1:
        return get_args(hint)[0]
    if kind is ListObject:
        return {"object": "list", "data": [], "has_more": False, "url": ""}
    if kind is UntypedStripeObject:
        return {}
    if inspect.isclass(kind) and issubclass(kind, StripeObject):
        return blank(kind)
    if kind in (int, bool, list):
        return kind()
    msg = f"nothing is empty enough for {hint}"
    raise TypeError(msg)


def blank(cls: type, **fields: Any) -> Json:
    """Return an object of a class: what is given, and null, zero or empty for the rest."""
    known = hints(cls)
    if unknown := fields.keys() - known.keys():
        msg = f"{cls.__qualname__} has no {', '.join(sorted(unknown))}"
        raise TypeError(msg)
    left_out = absent(cls)
    return {
        name: fields[name] if name in fields else _empty(hint)
        for name, hint in known.items()
        if name in fields or name not in left_out
    }


def flaws(hint: Any, value: Any, at: str = "") -> list[str]:
    """Return what of a value doesn't fit a type, each with its place; an answered object has none."""
    kind: Any = get_origin(hint) or hint
    args = get_args(hint)
    if kind in (Union, types.UnionType):
        closed = [part for part in args if get_origin(part) is Literal]
        parts = [part for part in args if part is not str] if closed else args
        return min((flaws(part, value, at) for part in parts), key=len)
    if kind is list and isinstance(value, list):
        return [flaw for place, item in enumerate(value) for flaw in flaws(args[0], item, f"{at}[{place}]")]
    if inspect.isclass(kind) and issubclass(kind, StripeObject) and kind is not UntypedStripeObject:
        return _object_flaws(kind, args, value, at)
    if kind is Any or (kind is Literal and value in args):
        return []
    wanted: Any = {UntypedStripeObject: dict, float: (int, float), Decimal: str, Literal: ()}.get(kind, kind)
    fits = isinstance(value, wanted) and isinstance(value, bool) == (kind is bool)
    return [] if fits else [f"{at}: {value!r} isn't {hint}"[:300]]


def _object_flaws(cls: Any, args: tuple[Any, ...], value: Any, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no {cls.__qualname__}"]
    if value.get("deleted") is True:
        return [] if value.keys() == {"id", "object", "deleted"} else [f"{at}: deleted, but not only"]
    known: Json = hints(cls)
    if args and "data" in known:
        known = {**known, "data": list[args[0]]}  # type: ignore[valid-type]  # A list of the objects named there.
    known = {"object": Literal["list"], **known} if issubclass(cls, ListObject) else known
    found = [f"{at}.{name}: unknown to {cls.__qualname__}" for name in value if name not in known]
    for name, hint in known.items():
        if name in value:
            found += flaws(hint, value[name], f"{at}.{name}")
        elif type(None) not in options(hint):
            found.append(f"{at}.{name}: missing")
    return found


def answer_flaws(answer: Json) -> list[str]:
    """Return what of an answer doesn't fit the class that its `object` names; a list is checked object by object."""
    if answer.get("object") == "list" or "next_page_url" in answer:
        return [flaw for item in answer["data"] for flaw in answer_flaws(item)]
    return flaws(object_class(answer), answer, answer["object"])


def package_folder() -> str:
    """Return where the `stripe` package lies."""
    return str(sys.modules[stripe.__name__].__path__[0])
