"""Addresses of pages about money."""

from django.urls import path, register_converter

from flattr.converters import PeriodConverter, YearConverter
from payouts import webhooks
from payouts.views import cake, creators, fans, gifts, history, people, shares, visibility, welcome

register_converter(PeriodConverter, "period")
register_converter(YearConverter, "year")

app_name = "payouts"
urlpatterns = [
    path("cake/", cake.cake, name="cake"),
    path("cake/caps/<slug:slug>/", cake.cap, name="cap"),
    path("cake/caps/<slug:slug>/lift/", cake.lift_cap, name="lift_cap"),
    path("welcome/", welcome.welcome, name="welcome"),
    path("welcome/pay/", welcome.pay_first, name="pay_first"),
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
    path("statements/<period:period>.pdf", fans.statement_pdf, name="statement_pdf"),
    path("statements/<period:period>/clicks/", visibility.statement_clicks, name="statement_clicks"),
    path("history/", history.since_the_beginning, name="history"),
    path("history.csv", history.since_the_beginning_csv, name="history_csv"),
    path("history.pdf", history.since_the_beginning_pdf, name="history_pdf"),
    path("history/to/<slug:slug>/", history.to_creator, name="history_to"),
    path("history/<year:year>/", history.year_of_fan, name="year"),
    path("history/<year:year>.csv", history.year_of_fan_csv, name="year_csv"),
    path("history/<year:year>.pdf", history.year_of_fan_pdf, name="year_pdf"),
    path("@<slug:slug>/gift/", gifts.gift, name="gift"),
    path("@<slug:slug>/gift/confirm/", gifts.confirm_gift, name="confirm_gift"),
    path("gifts/<uuid:gift_id>/", gifts.given_gift, name="given_gift"),
    path("earnings/", creators.earnings, name="earnings"),
    path("earnings/account/", creators.open_account, name="open_account"),
    path("earnings/account/page/", creators.account_page, name="account_page"),
    path("earnings/account/told/", creators.account_told, name="account_told"),
    path("earnings/smallest-payout/", creators.smallest_payout, name="smallest_payout"),
    path("earnings/payouts/<uuid:payout_id>/cancel/", creators.cancel_payout, name="cancel_payout"),
    path("earnings/<period:period>/", creators.earnings_of, name="earnings_of"),
    path("earnings/<period:period>.csv", creators.earnings_csv, name="earnings_csv"),
    path("earnings/<period:period>.pdf", creators.earnings_pdf, name="earnings_pdf"),
    path("earnings/<year:year>/", history.year_of_creator, name="earnings_year"),
    path("earnings/<year:year>.csv", history.year_of_creator_csv, name="earnings_year_csv"),
    path("earnings/<year:year>.pdf", history.year_of_creator_pdf, name="earnings_year_pdf"),
    path("b/<slug:public_id>/co-authors/", shares.co_authors, name="co_authors"),
    path("shares/", shares.shares, name="shares"),
    path("shares/<int:co_author_id>/", shares.decide, name="decide_share"),
    path("settings/data/", people.data, name="data"),
    path("settings/data/download/", people.download, name="download_data"),
    path("settings/visibility/", visibility.visibility, name="visibility"),
    path("settings/visibility/<slug:slug>/", visibility.choose_visibility, name="choose_visibility"),
    path(
        "settings/visibility/clicks/<period:period>/<uuid:click_id>/",
        visibility.choose_visibility_of_click,
        name="choose_visibility_of_click",
    ),
    path("settings/close/", people.close, name="close_account"),
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
]
