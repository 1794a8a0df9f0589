"""Twilio's error codes that the simulator can play, in one table.

Source: Twilio's public error dictionary, https://www.twilio.com/docs/api/errors
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the API does not take: HTTP status and text of the error body."""

    http_status: int
    message: str


REFUSALS: dict[int, Refusal] = {
    20001: Refusal(400, "A parameter has a wrong format"),
    20003: Refusal(401, "Authenticate"),
    20404: Refusal(404, "The requested resource was not found"),
    20429: Refusal(429, "Too Many Requests"),
    20500: Refusal(500, "Internal Server Error"),
    20503: Refusal(503, "Service Unavailable"),
    21211: Refusal(400, "The 'To' number is not a valid phone number."),
    21212: Refusal(400, "The 'From' number is not a valid phone number, shortcode or sender."),
    21266: Refusal(400, "'To' and 'From' number cannot be the same"),
    21408: Refusal(400, "Permission to send an SMS has not been enabled for this region"),
    21602: Refusal(400, "Message body is required."),
    21603: Refusal(400, "A 'From' phone number is required."),
    21604: Refusal(400, "A 'To' phone number is required."),
    21606: Refusal(400, "The 'From' phone number is not a message-capable number of yours."),
    21609: Refusal(400, "The 'StatusCallback' URL is not a valid URL."),
    21610: Refusal(400, "Attempt to send to unsubscribed recipient"),
    21611: Refusal(400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: Refusal(400, "Message cannot be sent with the current 'To' and 'From' pair"),
    21614: Refusal(400, "'To' number is not a valid mobile number"),
    21617: Refusal(400, "The concatenated message body exceeds the 1600 character limit"),
    21701: Refusal(400, "The messaging service does not exist"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A taken message that does not reach the phone: its final status and the reason."""

    status: str
    message: str


FAILURES: dict[int, Failure] = {
    30001: Failure("failed", "Queue overflow"),
    30002: Failure("failed", "Account suspended"),
    30003: Failure("undelivered", "Unreachable destination handset"),
    30004: Failure("undelivered", "Message blocked"),
    30005: Failure("undelivered", "Unknown destination handset"),
    30006: Failure("undelivered", "Landline or unreachable carrier"),
    30007: Failure("undelivered", "Message filtered"),
    30008: Failure("undelivered", "Unknown error"),
    # A text that answers a webhook is refused after the fact, so it fails instead.
    21610: Failure("failed", REFUSALS[21610].message),
}

# Twilio's own magic test numbers for refusals, and in the same unassigned exchange one for
# each kind of dead phone: +1 500 555 3003 for 30003.
MAGIC_RECIPIENTS: dict[str, int] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
    **{f"+15005553{code % 1000:03d}": code for code in FAILURES if code >= 30000},
}
MAGIC_SENDERS: dict[str, int] = {
    "+15005550001": 21212,
    "+15005550007": 21606,
    "+15005550008": 21611,
}
