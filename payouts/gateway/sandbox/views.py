"""The pretended provider's pay page."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from payouts.gateway import Readiness
from payouts.gateway.sandbox import gateway
from payouts.gateway.sandbox.models import SandboxAccount, SandboxPayment

CHOICES = frozenset({"succeed", "decline", "challenge"})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, payment_id: uuid.UUID) -> HttpResponse:
    """Let the person who pays choose what happens, as a test card would."""
    payment = get_object_or_404(SandboxPayment, pk=payment_id, person_id=request.user.pk, is_incoming=True)
    choice = request.POST.get("choice", "")
    if request.method == "POST" and choice in CHOICES:
        gateway.choose(payment=payment, choice=choice)
        if choice != "challenge":
            return redirect(payment.return_url)
        payment.refresh_from_db()
    is_open = payment.state in {SandboxPayment.State.OPEN, SandboxPayment.State.CHALLENGED}
    if not is_open:
        return redirect(payment.return_url)
    is_challenged = payment.state == SandboxPayment.State.CHALLENGED
    return render(request, "sandbox/pay.html", {"payment": payment, "is_challenged": is_challenged})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def onboard(request: HttpRequest) -> HttpResponse:
    """Let a creator choose what the provider would find of them."""
    account = get_object_or_404(SandboxAccount, creator_id=request.user.pk)
    choice = request.POST.get("choice", "")
    if request.method == "POST" and choice in set(Readiness):
        SandboxAccount.objects.filter(pk=account.pk).update(readiness=choice)
        return redirect(reverse("payouts:account_told"))
    return render(request, "sandbox/onboard.html", {"account": account})
