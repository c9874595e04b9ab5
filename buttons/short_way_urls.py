"""The addresses that are asked for most: by each view of each page with a button, and by each click."""

from django.urls import path

from buttons.embed import badges, click_page

urlpatterns = [
    path("b/<slug:public_id>/badge.svg", badges.show_badge, name="badge"),
    path("b/<slug:public_id>/clicks/", click_page.click_at_once, name="click_at_once"),
]
