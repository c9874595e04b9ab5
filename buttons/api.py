"""The JSON door: what programs may know about a button."""

from django.utils.cache import patch_cache_control
from rest_framework import generics, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from buttons import queries
from buttons.models import Button


class ButtonSerializer(serializers.ModelSerializer[Button]):
    """A button as everybody may see it."""

    creator = serializers.CharField(source="creator.creator_profile.slug", read_only=True)
    clicks = serializers.SerializerMethodField()

    class Meta:
        model = Button
        fields = ["public_id", "creator", "url", "title", "description", "category", "tags", "language", "clicks"]

    def get_clicks(self, button: Button) -> int:
        """Count the button's clicks, at most half a minute old."""
        return queries.cached_click_count(public_id=button.public_id) or 0


class ButtonView(generics.RetrieveAPIView[Button]):
    """Return a public button and its count, at most half a minute old."""

    queryset = Button.objects.filter(hidden_at__isnull=True).select_related("creator__creator_profile")
    serializer_class = ButtonSerializer
    lookup_field = "public_id"
    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)

    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Answer, and let anybody keep the answer for half a minute."""
        response = super().get(request, *args, **kwargs)
        patch_cache_control(response, public=True, max_age=queries.COUNT_CACHE_SECONDS)
        response["Access-Control-Allow-Origin"] = "*"
        return response
