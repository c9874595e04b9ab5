"""Addresses of the pretended provider."""

from django.urls import path

from payouts.gateway.sandbox import views

app_name = "sandbox"
urlpatterns = [
    path("pay/<uuid:payment_id>/", views.pay, name="pay"),
    path("onboard/", views.onboard, name="onboard"),
]
