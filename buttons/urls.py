"""Addresses of buttons, clicks and creators' pages."""

from django.urls import path

from buttons import embed, short_way_urls, views

app_name = "buttons"
urlpatterns = [
    path("@<slug:slug>/", views.creator, name="creator"),
    path("buttons/", views.own_buttons, name="own"),
    path("buttons/new/", views.new_button, name="new"),
    path("b/<slug:public_id>/", views.show_button, name="button"),
    path("b/<slug:public_id>/hide/", views.hide_button, name="hide"),
    *short_way_urls.urlpatterns,
    path("b/<slug:public_id>/click/", embed.click, name="click"),
    path("clicks/<uuid:click_id>/undo/", views.undo_click, name="undo"),
]
