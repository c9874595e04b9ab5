"""What every page knows about the visitor."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts import queries


def visitor(request: HttpRequest) -> dict[str, Any]:
    """Tell templates, when they ask, whether the visitor is a creator."""
    return {"is_creator": SimpleLazyObject(lambda: hasattr(request, "user") and queries.is_creator(request.user))}
