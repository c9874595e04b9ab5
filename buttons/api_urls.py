"""Addresses of the JSON door."""

from django.urls import path

from buttons.api import ButtonView

urlpatterns = [path("buttons/<slug:public_id>/", ButtonView.as_view(), name="api_button")]
