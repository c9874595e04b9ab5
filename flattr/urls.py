"""Where everything is. The apps are mounted by name, so that the ground floor imports none of them."""

from django.contrib import admin
from django.urls import include, path

from flattr import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]
