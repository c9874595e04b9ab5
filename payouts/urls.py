"""Addresses of pages about money."""

from django.urls import path, register_converter

from flattr.converters import PeriodConverter
from payouts import webhooks
from payouts.views import creators, fans, people

register_converter(PeriodConverter, "period")

app_name = "payouts"
urlpatterns = [
    path("cake/", fans.cake, name="cake"),
    path("subscription/", fans.subscription, name="subscription"),
    path("subscription/state/", fans.change_state, name="change_state"),
    path("deposits/", fans.new_deposit, name="new_deposit"),
    path("deposits/<uuid:deposit_id>/", fans.deposit, name="deposit"),
    path("deposits/<uuid:deposit_id>/pay/", fans.resume_deposit, name="resume_deposit"),
    path("payment-method/", fans.payment_method, name="payment_method"),
    path("payment-method/remove/", fans.remove_payment_method, name="remove_payment_method"),
    path("refunds/", fans.new_refund, name="new_refund"),
    path("statements/", fans.statement_list, name="statement_list"),
    path("statements/<period:period>/", fans.statement, name="statement"),
    path("statements/<period:period>.csv", fans.statement_csv, name="statement_csv"),
    path("earnings/", creators.earnings, name="earnings"),
    path("earnings/account/", creators.open_account, name="open_account"),
    path("earnings/account/page/", creators.account_page, name="account_page"),
    path("earnings/account/told/", creators.account_told, name="account_told"),
    path("earnings/smallest-payout/", creators.smallest_payout, name="smallest_payout"),
    path("earnings/payouts/<uuid:payout_id>/cancel/", creators.cancel_payout, name="cancel_payout"),
    path("earnings/<period:period>/", creators.earnings_of, name="earnings_of"),
    path("earnings/<period:period>.csv", creators.earnings_csv, name="earnings_csv"),
    path("settings/data/", people.data, name="data"),
    path("settings/data/download/", people.download, name="download_data"),
    path("settings/close/", people.close, name="close_account"),
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
]
