"""What the family's page calls the thing offered: a place, an appointment, or just an offer."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from offers.models import Offer
from offers.replies.answers import Refusal


@dataclass(frozen=True)
class Words:
    """``another`` is empty where there is nothing else to wish for."""

    accept: Promise
    decline: Promise
    open: Promise
    late: Promise
    accepted: Promise
    declined: Promise
    another: Promise | str = ""
    another_meanwhile: Promise | str = ""
    another_wished: Promise | str = ""


PLACE = Words(
    accept=_("Accept the place"),
    decline=_("Decline the place"),
    open=_("A place is reserved. Please say whether you take it."),
    late=_("The time to answer has passed, but the place is still reserved. Please answer now."),
    accepted=_("The place has been accepted. It is yours."),
    declined=_("The place has been declined."),
    another=_("We would like another place"),
    another_meanwhile=_(
        "This place stays reserved for you meanwhile. A caseworker looks for another one and "
        "contacts you."
    ),
    another_wished=_(
        "Another place has been wished for. This one stays reserved for you until we have talked."
    ),
)
APPOINTMENT = Words(
    accept=_("Accept the time"),
    decline=_("Decline the time"),
    open=_("A time is reserved. Please say whether it suits you."),
    late=_("The time to answer has passed, but your time is still reserved. Please answer now."),
    accepted=_("The time has been accepted. It is yours."),
    declined=_("The time has been declined."),
    another=_("We would like another time"),
    another_meanwhile=_(
        "This time stays reserved for you meanwhile. A caseworker looks for another one and "
        "contacts you."
    ),
    another_wished=_(
        "Another time has been wished for. This one stays reserved for you until we have talked."
    ),
)
OFFER = Words(
    accept=_("Accept the offer"),
    decline=_("Decline the offer"),
    open=_("Please say whether you want this."),
    late=_("The time to answer has passed, but the offer still stands. Please answer now."),
    accepted=_("The offer has been accepted."),
    declined=_("The offer has been declined."),
)

REFUSED = {
    Refusal.NOT_A_DECIDER: _("You may not decide on this offer."),
    Refusal.ROUND_OVER: _("This offer is over."),
    Refusal.SEAT_GONE: _("What was reserved for you has gone to somebody else."),
    Refusal.TOO_LATE: _("The time to change the answer is over."),
}


def words_for(offer: Offer) -> Words:
    """The words for what the offer reserves."""
    if offer.capacity is None:
        return OFFER
    return APPOINTMENT if offer.capacity.starts_at else PLACE
