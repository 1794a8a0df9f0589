"""What Twilio posts to us: families' replies and delivery receipts.

Every request must carry Twilio's signature over the public URL, so that a proxy that ends TLS in
front of us changes nothing. Whatever is wrong with a request is answered in one short line.
"""

import re
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from offers.delivery.channels.twilio import status_callback
from offers.delivery.receipts import record_receipt
from offers.replies import inbox

FORM = "application/x-www-form-urlencoded"
PROVIDER = "twilio"
LONGEST_CODE = 10
LONGEST_REPLY = 1600  # Twilio's limit for one inbound body
SID = "[A-Za-z0-9]{1,64}"
SENDER = r"[\w +.:@-]{1,64}"
"""A number in E.164, a short code, or the name a company sends under."""
Fields = dict[str, str]
View = Callable[[Fields], HttpResponse]


def from_twilio(**forms: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """The view gets the posted fields of a signed request.

    ``forms`` are the regular expressions of the fields it must have.
    """

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
            except (BadRequest, SuspiciousOperation, MultiPartParserError, UnicodeError):
                return _refused("The form cannot be read.")
            if not _signed(request, fields):
                return _refused("The signature is not valid.", status=403)
            wrong = [name for name in forms if not re.fullmatch(forms[name], fields.get(name, ""))]
            if wrong:
                return _refused(f"Missing or not as expected: {', '.join(wrong)}")
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


@from_twilio(MessageSid=SID, From=SENDER)
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


@from_twilio(MessageSid=SID, MessageStatus="[a-z_-]{1,20}")
def status(fields: Fields) -> HttpResponse:
    """Take a receipt; an id not (yet) known to us is kept and matched later."""
    record_receipt(
        provider=PROVIDER,
        provider_id=fields["MessageSid"],
        status=fields["MessageStatus"],
        error_code=fields.get("ErrorCode", "")[:LONGEST_CODE],
        message_id=int(number) if (number := fields.get("message", "")).isdecimal() else None,
        answered=fields.get("reply", ""),
    )
    return HttpResponse(status=204)
