"""Addresses on the host that other people's pages load our parts from."""

from django.urls import path

from buttons.embed import badges, frame, loader

# The pages of ours that say so lead to others of ours, which aren't there.
handler404 = "flattr.views.nothing_here"
app_name = "embed"
urlpatterns = [
    path("1.js", loader.show_loader, name="loader"),
    path(f"{loader.VERSION}.js", loader.show_pinned_loader, name="pinned_loader"),
    path("b", frame.show_frame, name="frame"),
    path("b/click", frame.click, name="click"),
    path("b/undo", frame.undo, name="undo"),
    path("b/redeem", frame.redeem, name="redeem"),
    path("<slug:to>.svg", badges.show_creator_badge, name="badge"),
    path("<slug:to>.json", badges.show_creator_count, name="count"),
]
