"""Where everything is. The apps are mounted by name, so that the ground floor imports none of them."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

from flattr import views

# Staff log in where everybody does, since guessing passwords is limited there. The admin's own form, to which
# somebody logged in could still post, is closed.
admin.site.login = require_safe(secure_admin_login(admin.site.login))  # type: ignore[method-assign]

urlpatterns = [
    path("", TemplateView.as_view(template_name="landing.html"), name="landing"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include("buttons.api_urls")),
    path("sandbox/", include("payouts.gateway.sandbox.urls")),
    path("", include("accounts.urls")),
    path("", include("payouts.urls")),
    path("", include("buttons.urls")),
]
