"""The door at which the payment provider tells us of something; instead of a login it has a secret."""

import logging

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payouts import tasks
from payouts.gateway import EventRefused, get_gateway
from payouts.operations import events

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """Keep an event that Stripe signed, and let a worker handle it.

    Stripe sends it again, for three days, until the answer is 200. Of what is refused the answer names the field.
    """
    if settings.PAYMENT_GATEWAY != "stripe":
        raise Http404
    now = timezone.now()
    try:
        signature = request.headers.get("Stripe-Signature", "")
        event = get_gateway().read_event(body=request.body, signature=signature, now=now)
        events.receive(event=event, now=now)
    except RequestDataTooBig:
        return _answer(413, "body: larger than 256 kB")
    except EventRefused as error:
        logger.warning("A webhook was refused: %s", error)
        return _answer(400, str(error))
    tasks.ring(tasks.handle_event, event.id)
    return _answer(200, "")


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
