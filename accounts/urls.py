"""Addresses of pages about people."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("creator/new/", views.become_creator, name="become_creator"),
    path("settings/", views.settings_page, name="settings"),
    path("settings/sessions/", views.sessions, name="sessions"),
    path("settings/sessions/end/", views.end_sessions, name="end_sessions"),
    path("creator/", views.edit_creator, name="edit_creator"),
]
