"""Addresses of pages about people."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("creator/new/", views.become_creator, name="become_creator"),
    path("settings/", views.settings_page, name="settings"),
    path("settings/sessions/", views.sessions, name="sessions"),
    path("settings/sessions/end/", views.end_sessions, name="end_sessions"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("creator/", views.edit_creator, name="edit_creator"),
    path("connections/mastodon/", views.connect_mastodon, name="connect_mastodon"),
    path("connections/mastodon/back/<str:server>/", views.mastodon_back, name="mastodon_back"),
    path("connections/bluesky/", views.connect_bluesky, name="connect_bluesky"),
    path("connections/<int:connection_id>/end/", views.end_connection, name="end_connection"),
]
