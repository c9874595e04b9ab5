"""Where everything is. The apps are mounted by name, so that the ground floor imports none of them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import import_string
from drf_spectacular.views import SpectacularAPIView

from flattr import second_factor, views, well_known
from flattr.indexing import indexable

second_factor.guard_admin(admin.site)

urlpatterns = [
    path("", indexable(import_string("payouts.views.public.landing")), name="landing"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("robots.txt", well_known.robots_txt, name="robots_txt"),
    path(".well-known/security.txt", well_known.security_txt, name="security_txt"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include("buttons.api_urls")),
    path("sandbox/", include("payouts.gateway.sandbox.urls")),
    path("", include("accounts.urls")),
    path("", include("payouts.urls")),
    path("", include("buttons.urls")),
]

if settings.DEVELOPMENT:
    from flattr.development import demo_code, design

    urlpatterns += [
        path("demo-code/", demo_code.demo_code, name="demo_code"),
        path("design/", design.design, name="design"),
    ]
