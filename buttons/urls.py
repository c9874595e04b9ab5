"""Addresses of buttons, clicks and creators' pages."""

from django.urls import path

from buttons import short_way_urls
from buttons.embed import builder, click_page, every_month, oembed, page_check, window
from buttons.views import clicks, connections, discovery, feeds, own, pictures, public, sitemaps, sites

app_name = "buttons"
urlpatterns = [
    path("discover/", discovery.discover, name="discover"),
    path("discover/feed/", feeds.discover_feed, name="discover_feed"),
    path("@<slug:slug>/feed/", feeds.creator_feed, name="creator_feed"),
    path("@<slug:slug>/", public.creator, name="creator"),
    path("@<slug:slug>/share/", public.share_creator, name="share_creator"),
    path("sitemap.xml", sitemaps.show_index, name="sitemaps"),
    path("sitemap-<slug:section>-<int:number>.xml", sitemaps.show_page, name="sitemap"),
    path("og/@<slug:slug>.png", pictures.show_creator_picture, name="creator_picture"),
    path("og/b/<slug:public_id>.png", pictures.show_button_picture, name="button_picture"),
    path("og/default.png", pictures.show_default_picture, name="default_picture"),
    path("buttons/", own.own_buttons, name="own"),
    path("buttons/new/", own.new_button, name="new"),
    path("b/<slug:public_id>/", public.show_button, name="button"),
    path("b/<slug:public_id>/edit/", own.edit_button, name="edit"),
    path("b/<slug:public_id>/hide/", own.hide_button, name="hide"),
    path("b/<slug:public_id>/share/", public.share_button, name="share"),
    path("b/<slug:public_id>/every-month/", every_month.set_every_month, name="set_every_month"),
    path("b/<slug:public_id>/every-month/stop/", every_month.stop_every_month, name="stop_every_month"),
    path("supporters/", own.supporters, name="supporters"),
    path("sites/", sites.sites, name="sites"),
    path("sites/<str:host>/", sites.site, name="site"),
    path("sites/<str:host>/check/", sites.check_site, name="check_site"),
    path("sites/<str:host>/withdraw/", sites.withdraw_claim, name="withdraw_claim"),
    *short_way_urls.urlpatterns,
    path("b/<slug:public_id>/click/", click_page.click, name="click"),
    path("c/<str:ticket>/", window.confirm, name="window"),
    path("pay", click_page.land, name="pay"),
    path("clicks/", clicks.activity, name="activity"),
    path("clicks/notices/", clicks.click_notices, name="click_notices"),
    path("clicks/revoke/", clicks.revoke_keys, name="revoke_keys"),
    path("clicks/<uuid:click_id>/report/", clicks.report_click, name="report"),
    path("connections/", connections.show_connections, name="connections"),
    path("connections/<int:connection_id>/digest/", connections.set_digest, name="set_digest"),
    path("digests/<uuid:digest_id>/", connections.decide_digest, name="decide_digest"),
    path("embed/", builder.show_builder, name="builder"),
    path("embed/check/", page_check.check_page, name="check_page"),
    path("oembed", oembed.describe, name="oembed"),
    path("clicks/<uuid:click_id>/undo/", clicks.undo_click, name="undo"),
]
