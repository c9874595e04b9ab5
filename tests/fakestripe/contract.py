"""Stripe's request contract: every route and its parameters, read out of the installed `stripe` package.

The package is generated from Stripe's description of one version of its API, so what isn't in there would be refused
by that version too.
"""

import ast
import functools
import importlib
import re
import types
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin

from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

from tests.fakestripe.errors import Refused, missing
from tests.fakestripe.shapes import Json, hints, options, package_folder

NO_LONGER: Final = {"payment_method_types": "payment_method_types_no_longer_supported"}
"""Parameters that the pinned version has dropped, with Stripe's code for those who still send them."""

MOST_METADATA: Final = {"keys": 50, "key": 40, "value": 500}


@dataclass(frozen=True)
class Route:
    """A request that Stripe knows: `template` is its path with names in braces, `params` the class of parameters."""

    method: str
    template: str
    module: str
    params: str

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """The paths that it answers."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template))

    @functools.cached_property
    def params_class(self) -> type | None:
        """The class of its parameters, or None where it takes none."""
        return getattr(importlib.import_module(self.module), self.params) if self.params else None


def _routes_of(source: str) -> Iterator[Route]:
    """Yield the routes of one service of the package: in each method, `_request` names its route."""
    tree = ast.parse(source)
    modules = {
        alias.name: node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if getattr(call.func, "attr", "") == "_request":
                path: Any = call.args[1]
                template = str(getattr(path, "value", None) or path.func.value.value)
                taken = next((arg.annotation for arg in function.args.args if arg.arg == "params"), None)
                named = re.search(r"\w+Params", ast.unparse(taken)) if taken else None
                params = named[0] if named else ""
                yield Route(ast.literal_eval(call.args[0]).upper(), template, modules.get(params, ""), params)


@functools.cache
def routes() -> tuple[Route, ...]:
    """Return every route of the package; those with fewer names in their path come first."""
    services = sorted(Path(package_folder()).rglob("*_service.py"))
    found = [route for service in services for route in _routes_of(service.read_text())]
    return tuple(sorted(found, key=lambda route: route.template.count("{")))


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return the route of a request and the ids in its path.

    :raises Refused: if Stripe has no such route.
    """
    for route in routes():
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, match.groupdict()
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs"
    raise Refused(message, status=404, code="resource_missing")


def parse_form(text: str) -> Json:
    """Return the parameters of a form or a query as nested hashes of text: `a[b]=x` is {"a": {"b": "x"}}."""
    parsed: Json = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        head, *rest = [part.rstrip("]") for part in name.split("[")]
        place = parsed
        for part, following in zip([head, *rest], rest, strict=False):
            place = place.setdefault(part or str(len(place)), {})
            if not isinstance(place, dict):
                raise Refused(f"Invalid hash: {name} after {following}", param=name)
        place[(rest or [head])[-1] or str(len(place))] = value
    return parsed


def checked(route: Route, params: Json, *, form: bool) -> Json:
    """Return the parameters of a request as the types that the contract declares; in a form all arrives as text.

    :raises Refused: as Stripe does it, for the first parameter that is unknown, missing or of another type.
    """
    if route.params_class is None:
        if params:
            raise _unknown(next(iter(params)), "")
        return {}
    typed: Json = _Reader(form=form).hash(route.params_class, params, "")
    return typed


def _unknown(name: str, at: str) -> Refused:
    place = f"{at}[{name}]" if at else name
    if name in NO_LONGER:
        message = f"The parameter {name} is no longer supported. Use allowed_{name} instead."
        return Refused(message, code=NO_LONGER[name], param=place)
    return Refused(f"Received unknown parameter: {place}", code="parameter_unknown", param=place)


@dataclass(frozen=True)
class _Reader:
    form: bool

    def value(self, hint: Any, value: Any, at: str) -> Any:
        kind, args = get_origin(hint) or hint, get_args(hint)
        if kind in (Union, types.UnionType):
            return self.union(options(hint), value, at)
        if kind is Literal:
            if value not in args:
                raise Refused(f"Invalid {at}: must be one of {', '.join(map(str, args))}"[:500], param=at)
            return value
        if kind is UntypedStripeObject or kind is dict:
            return self.free_hash(value, at)
        if is_typeddict(kind):
            return self.hash(kind, value, at)
        if kind is list:
            items = self.items(value, at)
            return [self.value(args[0], item, f"{at}[{place}]") for place, item in enumerate(items)]
        return self.scalar(kind, value, at)

    def union(self, parts: tuple[Any, ...], value: Any, at: str) -> Any:
        """Read the first type that fits. A list of words beside `str` is closed: Stripe refuses others."""
        words = [part for part in parts if get_origin(part) is Literal and get_args(part) != ("",)]
        refusals = []
        for part in (part for part in parts if not (words and part is str)):
            try:
                return self.value(part, value, at)
            except Refused as refused:
                refusals.append(refused)
        raise max(refusals, key=lambda refused: len(refused.body["error"].get("param", "")))

    def hash(self, kind: type, value: Any, at: str) -> Json:
        if not isinstance(value, dict):
            raise Refused(f"Invalid object: {value!r}", param=at)
        known = hints(kind)
        for name in value:
            if name not in known:
                raise _unknown(name, at)
        required: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined]  # A TypedDict has them.
        for name in known:
            if name in required and name not in value:
                raise missing(f"{at}[{name}]" if at else name)
        return {
            name: self.value(known[name], given, f"{at}[{name}]" if at else name) for name, given in value.items()
        }

    def free_hash(self, value: Any, at: str) -> Json:
        if not isinstance(value, dict):
            raise Refused(f"Invalid object: {value!r}", param=at)
        if len(value) > MOST_METADATA["keys"]:
            raise Refused(f"{at} can have up to {MOST_METADATA['keys']} keys", param=at)
        for name, given in value.items():
            if not isinstance(given, str) or len(name) > MOST_METADATA["key"] or len(given) > MOST_METADATA["value"]:
                message = "Metadata values are text of up to 500 characters, their names of up to 40"
                raise Refused(message, param=f"{at}[{name}]")
        return dict(value)

    def items(self, value: Any, at: str) -> list[Any]:
        if isinstance(value, dict) and self.form and all(place.isdigit() for place in value):
            return [value[place] for place in sorted(value, key=int)]
        if not isinstance(value, list):
            raise Refused(f"Invalid array: {value!r}", param=at)
        return value

    def scalar(self, kind: Any, value: Any, at: str) -> Any:
        if self.form and isinstance(value, str):
            if kind is int and re.fullmatch(r"-?\d{1,18}", value):
                return int(value)
            if kind is bool and value in ("true", "false"):
                return value == "true"
            if kind in (float, Decimal) and re.fullmatch(r"-?\d+(\.\d+)?", value):
                return value
            if kind is str and not value:
                message = f"You passed an empty string for '{at}', which cannot be unset."
                raise Refused(message, code="parameter_invalid_empty", param=at)
        elif isinstance(value, bool) == (kind is bool) and isinstance(value, kind):
            return value
        if kind is str and isinstance(value, str):
            return value
        names = {int: "integer", bool: "boolean", str: "string"}
        code = "parameter_invalid_integer" if kind is int else ""
        raise Refused(f"Invalid {names.get(kind, 'number')}: {value}", code=code, param=at)
