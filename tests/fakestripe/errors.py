"""Stripe's refusals."""

from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """An answer that isn't 200: `body` is Stripe's, with `error` and in it type, code, param and message."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        said = {"code": code, "param": param, **more}
        self.body: Json = {"error": {"type": kind, "message": message, **{k: v for k, v in said.items() if v}}}


def no_such(what: str, name: str, param: str = "id") -> Refused:
    """Return the refusal of an id that nobody has."""
    return Refused(f"No such {what}: '{name}'", status=404, code="resource_missing", param=param)


def missing(param: str) -> Refused:
    """Return the refusal of a request without something that it needs."""
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)
