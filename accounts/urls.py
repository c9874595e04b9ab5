"""Addresses of pages about people."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("creator/new/", views.become_creator, name="become_creator"),
    path("creator/", views.edit_creator, name="edit_creator"),
]
