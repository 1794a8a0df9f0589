"""Through whom the city writes, and when."""

import re
from importlib.util import find_spec

from helsinki_proactive.settings.place import DEPLOYED, env

# SMS, through Twilio's API; the simulator differs by its address only.
TWILIO_ACCOUNT_SID = env.needed("TWILIO_ACCOUNT_SID", hint="from Twilio's console")
TWILIO_AUTH_TOKEN = env.needed("TWILIO_AUTH_TOKEN", hint="from Twilio's console")
TWILIO_BASE_URL = env.text("TWILIO_BASE_URL", default="https://api.twilio.com").rstrip("/")
TWILIO_FROM = env.needed(
    "TWILIO_FROM", hint="the number families answer to, such as +358...", local="+358400000000"
)
env.require(
    re.fullmatch(r"\+[1-9]\d{6,14}", TWILIO_FROM),
    "TWILIO_FROM must be a number that can be answered, such as +358...: texts ask for an answer, "
    "and a sender's name cannot be written to",
)
TWILIO_SENDER_NAME = env.text("TWILIO_SENDER_NAME", default="")  # for what asks for no answer
env.require(
    not TWILIO_SENDER_NAME or re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}", TWILIO_SENDER_NAME),
    "TWILIO_SENDER_NAME must be a name of at most 11 letters, digits and spaces, such as Helsinki",
)
TWILIO_SENDER_NAME_COUNTRIES = env.several("TWILIO_SENDER_NAME_COUNTRIES") or ["FI"]
NOTIFICATION_URL = env.text("NOTIFICATION_URL", default="").rstrip("/")
NOTIFICATION_TOKEN = env.text("NOTIFICATION_TOKEN", default="")
NOTIFICATION_SENDER = env.text("NOTIFICATION_SENDER", default="Hel.fi")


def _sms_providers(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    known = {"twilio", "notification"} if NOTIFICATION_URL and NOTIFICATION_TOKEN else {"twilio"}
    if not set(names) <= known or len(set(names)) < len(names):
        raise ValueError(text)
    return names


SMS_PROVIDERS = env.parsed(  # in the order in which they are called upon
    "SMS_PROVIDERS",
    default="twilio",
    parse=_sms_providers,
    hint="twilio, or twilio,notification with NOTIFICATION_URL and NOTIFICATION_TOKEN set",
)
SMS_PRICE_EUR = env.parsed(
    "SMS_PRICE_EUR", default="0.06", parse=float, hint="the price of one segment, such as 0.06"
)

# E-mail
EMAIL_BACKEND = env.text("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.needed("EMAIL_HOST", hint="the name of the SMTP server", local="127.0.0.1")
EMAIL_PORT = env.integer("EMAIL_PORT", default=587 if DEPLOYED else 1025)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=DEPLOYED)
DEFAULT_FROM_EMAIL = env.needed(
    "DEFAULT_FROM_EMAIL", hint="the address families are written from", local="hki@example.invalid"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL


# Suomi.fi Messages, for services that name the channel; without a name it is not used
SUOMIFI_USERNAME = env.text("SUOMIFI_USERNAME", default="")
SUOMIFI_PASSWORD = env.text("SUOMIFI_PASSWORD", default="")
SUOMIFI_SERVICE_ID = env.text("SUOMIFI_SERVICE_ID", default="")
SUOMIFI_BASE_URL = env.text("SUOMIFI_BASE_URL", default="https://api.messages.suomi.fi")
env.require(
    not SUOMIFI_USERNAME or (SUOMIFI_PASSWORD and SUOMIFI_SERVICE_ID),
    "SUOMIFI_USERNAME is set: SUOMIFI_PASSWORD and SUOMIFI_SERVICE_ID go with it",
)
env.require(
    not SUOMIFI_USERNAME or find_spec("suomifi_messages"),
    "SUOMIFI_USERNAME is set: install the extra (pip install '.[suomifi]')",
)

# Letters: where reply slips are sent back to
CITY_POSTAL_ADDRESS = env.text(
    "CITY_POSTAL_ADDRESS", default="Helsingin kaupunki, kirjaamo, PL 10, 00099 Helsingin kaupunki"
)


def _hours(text: str) -> tuple[int, int] | None:
    if text == "off":
        return None
    first, last = (int(hour) for hour in text.split("-"))
    if not 0 <= first < last <= 24:
        raise ValueError(text)
    return first, last


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 <= rate < 100_000:
        raise ValueError(text)
    return rate


# Sending
CITY_PHONE = env.text("CITY_PHONE", default="09 310 1691")  # where people answer: the switchboard
QUIET_HOURS = env.parsed(  # (first, last): nothing is sent before first or from last o'clock on
    "QUIET_HOURS", default="8-20", parse=_hours, hint="8-20 to send from 8 to 20, or off"
)
SENDING_CONCURRENCY = env.integer("SENDING_CONCURRENCY", default=16)
PROVIDER_TIMEOUT_SECONDS = env.parsed(  # for connecting, and for each answer waited for
    "PROVIDER_TIMEOUT_SECONDS", default="10", parse=float, hint="a number of seconds, such as 10"
)
CALLS_PER_SECOND = {  # of all workers together, by provider; 0 for as many as they like
    provider: env.parsed(name, default="0", parse=_rate, hint="a number such as 20, or 0 for none")
    for provider, name in (
        ("twilio", "TWILIO_PER_SECOND"),
        ("notification", "NOTIFICATION_PER_SECOND"),
        ("smtp", "EMAIL_PER_SECOND"),
    )
}
EMAIL_TIMEOUT = PROVIDER_TIMEOUT_SECONDS
LINK_DOMAINS = env.several("LINK_DOMAINS") or ["hel.fi"]  # besides our own: texts lead nowhere else
DRY_RUN_ALLOW = env.several("DRY_RUN_ALLOW")  # the only recipients staging writes to
