"""Addresses of buttons, clicks and creators' pages."""

from django.urls import path

from buttons import short_way_urls, views
from buttons.embed import builder, click_page, oembed, page_check, window

app_name = "buttons"
urlpatterns = [
    path("@<slug:slug>/", views.creator, name="creator"),
    path("@<slug:slug>/share/", views.share_creator, name="share_creator"),
    path("buttons/", views.own_buttons, name="own"),
    path("buttons/new/", views.new_button, name="new"),
    path("b/<slug:public_id>/", views.show_button, name="button"),
    path("b/<slug:public_id>/edit/", views.edit_button, name="edit"),
    path("b/<slug:public_id>/hide/", views.hide_button, name="hide"),
    path("b/<slug:public_id>/share/", views.share_button, name="share"),
    path("sites/", views.sites, name="sites"),
    path("sites/<str:host>/", views.site, name="site"),
    path("sites/<str:host>/check/", views.check_site, name="check_site"),
    path("sites/<str:host>/withdraw/", views.withdraw_claim, name="withdraw_claim"),
    *short_way_urls.urlpatterns,
    path("b/<slug:public_id>/click/", click_page.click, name="click"),
    path("c/<str:ticket>/", window.confirm, name="window"),
    path("pay", click_page.land, name="pay"),
    path("clicks/", views.activity, name="activity"),
    path("clicks/notices/", views.click_notices, name="click_notices"),
    path("clicks/revoke/", views.revoke_keys, name="revoke_keys"),
    path("clicks/<uuid:click_id>/report/", views.report_click, name="report"),
    path("connections/", views.show_connections, name="connections"),
    path("connections/<int:connection_id>/digest/", views.set_digest, name="set_digest"),
    path("digests/<uuid:digest_id>/", views.decide_digest, name="decide_digest"),
    path("embed/", builder.show_builder, name="builder"),
    path("embed/check/", page_check.check_page, name="check_page"),
    path("oembed", oembed.describe, name="oembed"),
    path("clicks/<uuid:click_id>/undo/", views.undo_click, name="undo"),
]
