"""Addresses of pages about money."""

from django.urls import path, register_converter

from flattr.converters import PeriodConverter
from payouts.views import creators, fans

register_converter(PeriodConverter, "period")

app_name = "payouts"
urlpatterns = [
    path("cake/", fans.cake, name="cake"),
    path("subscription/", fans.subscription, name="subscription"),
    path("subscription/state/", fans.change_state, name="change_state"),
    path("deposits/", fans.new_deposit, name="new_deposit"),
    path("deposits/<uuid:deposit_id>/", fans.deposit, name="deposit"),
    path("refunds/", fans.new_refund, name="new_refund"),
    path("statements/", fans.statement_list, name="statement_list"),
    path("statements/<period:period>/", fans.statement, name="statement"),
    path("statements/<period:period>.csv", fans.statement_csv, name="statement_csv"),
    path("earnings/", creators.earnings, name="earnings"),
    path("earnings/<period:period>/", creators.earnings_of, name="earnings_of"),
    path("earnings/<period:period>.csv", creators.earnings_csv, name="earnings_csv"),
]
