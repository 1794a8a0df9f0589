"""Every provider code we know and what we do about it: the only place that says so.

Sources: Twilio's error dictionary (https://www.twilio.com/docs/api/errors); RFC 5321 (SMTP); the
views of the City's notification service (City-of-Helsinki/notification-service-api); Suomi.fi
Messages (https://api.messages.suomi.fi/api-docs/): the statuses of HTTP.
"""

from enum import Enum

from offers.catalogue.placeholders import ENDING
from offers.models import MessageState


class Verdict(Enum):
    """What a code means for the message and for the contact point."""

    RETRY = "again, later"
    BUSY = "again, later and slower; no fault of this message"
    NEXT_CHANNEL = "not this way; the contact point may be fine for another message"
    DEAD = "the number or address reaches nobody"
    OPTED_OUT = "messages are not wanted here"
    OUR_FAULT = "our request is wrong: somebody must mend it"
    AWAY = "the provider, or our account with it, is out of order; no fault of this message"


TWILIO: dict[str, Verdict] = {
    "20001": Verdict.OUR_FAULT,  # a parameter it cannot read
    "20003": Verdict.AWAY,  # credentials
    "20404": Verdict.AWAY,  # no such account, or a wrong address
    "20429": Verdict.BUSY,  # too many requests
    "21211": Verdict.DEAD,  # not a phone number
    "21212": Verdict.AWAY,  # our own number is none
    "21217": Verdict.DEAD,
    "21408": Verdict.NEXT_CHANNEL,  # a country we may not send to
    "21601": Verdict.OUR_FAULT,
    "21602": Verdict.OUR_FAULT,  # no text
    "21603": Verdict.OUR_FAULT,
    "21604": Verdict.OUR_FAULT,
    "21606": Verdict.AWAY,  # our number cannot send
    "21609": Verdict.OUR_FAULT,  # our status callback
    "21610": Verdict.OPTED_OUT,
    "21611": Verdict.BUSY,  # our number's queue is full
    "21612": Verdict.NEXT_CHANNEL,  # no route
    "21614": Verdict.DEAD,  # not a mobile
    "21617": Verdict.OUR_FAULT,  # too long
    "21619": Verdict.OUR_FAULT,  # neither text nor picture
    "21635": Verdict.DEAD,  # a landline
    "30001": Verdict.RETRY,  # queue overflow
    "30002": Verdict.OUR_FAULT,  # account suspended
    "30003": Verdict.NEXT_CHANNEL,  # switched off or out of reach
    "30004": Verdict.NEXT_CHANNEL,  # blocked
    "30005": Verdict.DEAD,  # unknown number
    "30006": Verdict.DEAD,  # a landline, or a carrier out of reach
    "30007": Verdict.NEXT_CHANNEL,  # filtered by a carrier
    "30008": Verdict.NEXT_CHANNEL,  # no reason known
}

SMTP: dict[str, Verdict] = {
    "421": Verdict.AWAY,  # closing down
    "450": Verdict.RETRY,  # busy or greylisted
    "451": Verdict.RETRY,
    "452": Verdict.RETRY,  # out of room for now
    "454": Verdict.AWAY,  # cannot authenticate us now
    "530": Verdict.AWAY,  # authentication
    "535": Verdict.AWAY,
    "550": Verdict.DEAD,  # no such mailbox
    "551": Verdict.DEAD,
    "552": Verdict.NEXT_CHANNEL,  # the mailbox is full for good
    "553": Verdict.DEAD,  # not an address
    "554": Verdict.NEXT_CHANNEL,  # refused as spam
}

SUOMIFI: dict[str, Verdict] = {
    "400": Verdict.NEXT_CHANNEL,  # no active mailbox, or a code it does not know
    "401": Verdict.OUR_FAULT,  # credentials
    "403": Verdict.OUR_FAULT,
    "404": Verdict.NEXT_CHANNEL,
    "408": Verdict.RETRY,
    "409": Verdict.NEXT_CHANNEL,  # taken once already, but not said as which message
    "429": Verdict.BUSY,
    "500": Verdict.RETRY,  # of signing in; after the message itself nobody knows
    "502": Verdict.RETRY,
    "503": Verdict.RETRY,
    "504": Verdict.RETRY,
}

NOTIFICATION: dict[str, Verdict] = {  # HTTP statuses, and what its gateway said
    "400": Verdict.NEXT_CHANNEL,  # no valid destination
    "401": Verdict.AWAY,  # our token
    "403": Verdict.AWAY,
    "404": Verdict.AWAY,  # a wrong address
    "413": Verdict.OUR_FAULT,
    "415": Verdict.OUR_FAULT,
    "429": Verdict.BUSY,
    "FAILED": Verdict.NEXT_CHANNEL,
}

RETURNED = "returned"
PAPER: dict[str, Verdict] = {RETURNED: Verdict.DEAD}  # the post has brought a letter back

FINAL_STATUSES: dict[str, MessageState] = {  # of receipts; the others are on the way
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
}

NAME_REFUSED: dict[str, frozenset[str]] = {
    # no name; not this account's; not to this network; not in this country
    "twilio": frozenset({"21212", "21606", "21612", "21657"}),
}
"""Clear refusals of a sender's name, after which the same text may go under the number."""

STOP_WORDS: dict[str, frozenset[str]] = {"twilio": ENDING}
"""Texts after which the provider says goodbye itself and lets nothing more of ours through."""

NOT_CALLED = "not_called"

OURS: dict[str, Verdict] = {
    "unreachable": Verdict.AWAY,  # no connection was made
    NOT_CALLED: Verdict.BUSY,  # the lease was nearly over, or the provider has asked for a pause
}

PROVIDERS = {
    "twilio": TWILIO,
    "notification": NOTIFICATION,
    "smtp": SMTP,
    "suomifi": SUOMIFI,
    "paper": PAPER,
}


def provider_says_goodbye(*, provider: str, text: str) -> bool:
    """Whether the provider has answered this text for us, and ended the conversation."""
    return text.strip().upper() in STOP_WORDS.get(provider, ())


def verdict_on(*, provider: str, code: str) -> Verdict:
    """What to do about ``code``; one that nobody has told us of rules this way out only."""
    return PROVIDERS[provider].get(code) or OURS.get(code) or Verdict.NEXT_CHANNEL
