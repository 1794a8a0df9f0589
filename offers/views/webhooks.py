"""What Twilio posts to us: families' replies and delivery receipts.

Every request must carry Twilio's signature over the public URL, so that a proxy that ends TLS in
front of us changes nothing. Whatever is wrong with a request is answered in one short line.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from offers.delivery.channels.twilio import status_callback
from offers.delivery.receipts import record_receipt
from offers.models import Message
from offers.replies import inbox

FORM = "application/x-www-form-urlencoded"
PROVIDER = "twilio"
LONGEST_REPLY = 1600  # Twilio's limit for one inbound body
Fields = dict[str, str]
View = Callable[[Fields], HttpResponse]


def from_twilio(*required: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """The view gets the posted fields of a signed request that has all the required ones."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @require_POST
        @wraps(view)
        def checked(request: HttpRequest) -> HttpResponse:
            if request.content_type != FORM:
                return _refused("A form is expected.", status=415)
            try:
                fields = {key: str(value) for key, value in request.POST.items()}
            except RequestDataTooBig:
                return _refused("The request is too large.", status=413)
            except (BadRequest, MultiPartParserError, TooManyFilesSent, UnicodeError):
                return _refused("The form cannot be read.")
            if not _signed(request, fields):
                return _refused("The signature is not valid.", status=403)
            if missing := [name for name in required if not fields.get(name)]:
                return _refused(f"Missing: {', '.join(missing)}")
            return view(request.GET.dict() | fields)  # ours: see status_callback

        return checked

    return decorate


def _signed(request: HttpRequest, fields: Fields) -> bool:
    url = settings.HP_PUBLIC_URL.rstrip("/") + request.get_full_path()
    signature = request.headers.get("X-Twilio-Signature", "")
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    return bool(validator.validate(url, fields, signature))


def _refused(why: str, *, status: int = 400) -> HttpResponse:
    return HttpResponse(why + "\n", content_type="text/plain", status=status)


@from_twilio("MessageSid", "From")
def reply(fields: Fields) -> HttpResponse:
    """Store, read, decide and answer a family's text, all in this response (TwiML)."""
    answer = inbox.receive(
        provider=PROVIDER,
        provider_id=fields["MessageSid"],
        sender=fields["From"],
        text=fields.get("Body", "")[:LONGEST_REPLY],
        now=timezone.now(),
    )
    twiml = MessagingResponse()
    if answer:
        twiml.message(answer, status_callback=status_callback(reply=fields["MessageSid"]))
    return HttpResponse(str(twiml), content_type="text/xml")


@from_twilio("MessageSid", "MessageStatus")
def status(fields: Fields) -> HttpResponse:
    """Take a receipt; an id not (yet) known to us is kept and matched later."""
    record_receipt(
        provider=PROVIDER,
        provider_id=fields["MessageSid"],
        status=fields["MessageStatus"],
        error_code=fields.get("ErrorCode", ""),
        message_id=_our_message(fields),
    )
    return HttpResponse(status=204)


def _our_message(fields: Fields) -> int | None:
    """The message a receipt's address names: by its number, or by the reply it answered."""
    if fields.get("message", "").isdecimal():
        return int(fields["message"])
    if not fields.get("reply"):
        return None
    answer = Message.objects.filter(
        in_reply_to__provider=PROVIDER, in_reply_to__provider_id=fields["reply"]
    )
    return answer.values_list("pk", flat=True).first()
