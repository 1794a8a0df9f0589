"""Settings, read from the environment. ``.env.example`` lists every variable.

``HP_ENV`` says where this is: production and staging serve people and must be told everything;
development and test answer on loopback only, so a forgotten HP_ENV serves nobody.
"""

import json
import re
from importlib.util import find_spec
from logging import DEBUG as DEBUG_LEVEL
from pathlib import Path
from urllib.parse import urlsplit

import environ
import sentry_sdk
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from helsinki_proactive import logging
from helsinki_proactive.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
HP_ENV = env.place
DEPLOYED = env.deployed

# Where we are reached. Links in messages and the signatures of webhooks are made with this.
HP_PUBLIC_URL = env.needed(
    "HP_PUBLIC_URL",
    hint="the address people reach this service at, such as https://palvelut.example.fi",
    local="http://127.0.0.1:8000",
).rstrip("/")
ALLOWED_HOSTS = [
    urlsplit(HP_PUBLIC_URL).hostname or "",
    *env.several("ALLOWED_HOSTS"),
    *("localhost", "127.0.0.1", "[::1]"),  # the health checks of a container
]
CSRF_TRUSTED_ORIGINS = [HP_PUBLIC_URL]

SECRET_KEY = env.needed("SECRET_KEY", hint="50 random characters")
SECRET_KEY_FALLBACKS = env.several("SECRET_KEY_FALLBACKS")
env.needed("HP_KEYS", hint="the encryption keyring; docs/operating.md tells how to make it")
DEBUG = not DEPLOYED and env.boolean("DEBUG", default=False)

INSTALLED_APPS = [
    "unfold",
    "helsinki_proactive.casework",
    "helsinki_proactive.my",
    "offers",
    "consents",
    "citizens",
    "helusers.apps.HelusersConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "helsinki_health_endpoints",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "helsinki_proactive.staff",  # last: after a migration it gives rights to everything above
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "helsinki_proactive.middleware.WebhooksMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "helsinki_proactive.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "helsinki_proactive.staff.sessions.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "helsinki_proactive.urls"
WSGI_APPLICATION = "helsinki_proactive.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The database. The application's role may neither change tables nor rewrite what is append-only;
# migrations run as the owner: manage.py chooses the role by the command.
DATABASE_URL = env.needed("DATABASE_URL", hint="postgres://hp_app:password@host:5432/name")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", default="") or DATABASE_URL
AS_OWNER = env.text("HP_DATABASE_ROLE", default="app") == "owner"
APP_DATABASE_ROLE = urlsplit(DATABASE_URL).username or ""
# Without an address (a type checker reading the models) Django says so at the first query.
DATABASES = {}
if DATABASE_URL:
    connection = environ.Env.db_url_config(DATABASE_OWNER_URL if AS_OWNER else DATABASE_URL)
    # What is prepared is prepared to be planned once (see offers/delivery/prepared.py).
    planned_once = {"options": "-c plan_cache_mode=force_generic_plan"}
    DATABASES["default"] = {
        **connection,
        "OPTIONS": planned_once | connection.get("OPTIONS", {}),
        "ENGINE": "helsinki_proactive.database",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker and cache: two databases of one server, since a cleared cache must not lose a task.
REDIS_URL = env.needed("REDIS_URL", hint="redis://:password@host:6379/0")
CELERY_BROKER_URL = REDIS_URL
CACHE_URL = env.text("CACHE_URL", default=REDIS_URL.removesuffix("/0") + "/1")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "hp",
    }
}


def _names(text: str) -> dict[str, str]:
    names = json.loads(text)
    if not isinstance(names, dict) or not all(isinstance(v, str) for v in names.values()):
        raise ValueError("not an object of texts")
    return names


# Staff
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "helsinki_proactive.staff.signing_in.PasswordBackend",
    "helsinki_proactive.staff.signing_in.ProviderBackend",
]
if HP_ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
STAFF_OIDC_ISSUER = env.text("STAFF_OIDC_ISSUER", default="")
STAFF_OIDC_CLIENT_ID = env.text("STAFF_OIDC_CLIENT_ID", default="")
STAFF_OIDC_CLIENT_SECRET = env.text("STAFF_OIDC_CLIENT_SECRET", default="")
STAFF_OIDC_SCOPE = "openid profile email"
STAFF_OIDC_GROUPS_CLAIM = env.text("STAFF_OIDC_GROUPS_CLAIM", default="ad_groups")
STAFF_OIDC_GROUPS = env.parsed(  # the provider's group -> our role
    "STAFF_OIDC_GROUPS",
    default="{}",
    parse=_names,
    hint='JSON such as {"hel-esiopetus-kasittelijat": "caseworker"}',
)
env.require(
    not STAFF_OIDC_ISSUER
    or (STAFF_OIDC_CLIENT_ID and STAFF_OIDC_CLIENT_SECRET and STAFF_OIDC_GROUPS),
    "STAFF_OIDC_ISSUER is set: STAFF_OIDC_CLIENT_ID, STAFF_OIDC_CLIENT_SECRET and "
    "STAFF_OIDC_GROUPS go with it",
)
env.require(
    not (DEPLOYED and STAFF_OIDC_ISSUER) or STAFF_OIDC_ISSUER.startswith("https://"),
    "STAFF_OIDC_ISSUER must begin with https://",
)
# Citizens, on their own pages: a provider that knows identity codes
CITIZEN_OIDC_ISSUER = env.text("CITIZEN_OIDC_ISSUER", default="")
CITIZEN_OIDC_CLIENT_ID = env.text("CITIZEN_OIDC_CLIENT_ID", default="")
CITIZEN_OIDC_CLIENT_SECRET = env.text("CITIZEN_OIDC_CLIENT_SECRET", default="")
CITIZEN_OIDC_SCOPE = env.text("CITIZEN_OIDC_SCOPE", default="openid")
CITIZEN_OIDC_IDENTITY_CLAIM = env.text("CITIZEN_OIDC_IDENTITY_CLAIM", default="national_id_num")
env.require(
    not CITIZEN_OIDC_ISSUER or (CITIZEN_OIDC_CLIENT_ID and CITIZEN_OIDC_CLIENT_SECRET),
    "CITIZEN_OIDC_ISSUER is set: CITIZEN_OIDC_CLIENT_ID and CITIZEN_OIDC_CLIENT_SECRET go with it",
)
env.require(
    not (DEPLOYED and CITIZEN_OIDC_ISSUER) or CITIZEN_OIDC_ISSUER.startswith("https://"),
    "CITIZEN_OIDC_ISSUER must begin with https://",
)
# Helsinki Profile asks for people's data and its erasure with tokens meant for this audience
GDPR_API_AUDIENCE = env.text("GDPR_API_AUDIENCE", default="")
LOGIN_URL = reverse_lazy("admin:login")
SESSION_COOKIE_NAME = "hp_staff"
SESSION_COOKIE_AGE = 8 * 60 * 60  # a working day
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"  # names and addresses stay out of tables
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# Languages and time
LANGUAGE_CODE = "fi"
LANGUAGES = [("fi", _("Finnish")), ("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["helsinki_proactive.formats"]
TIME_ZONE = "Europe/Helsinki"
USE_TZ = True

# Static files, served by the application itself. The design system comes from npm (./run).
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
HDS_DIR = BASE_DIR / "node_modules" / "hds-core" / "lib"
STATICFILES_DIRS = [("hds", HDS_DIR)] if HDS_DIR.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if DEPLOYED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not DEPLOYED
WHITENOISE_AUTOREFRESH = not DEPLOYED

# The heads of the seal, outside the database: whoever cuts its end off is found out.
SEAL_DIR = env.needed(
    "SEAL_DIR",
    hint="a folder that is backed up apart from the database, for the heads of the seal",
    local=str(BASE_DIR / ".local" / "seals"),
)

# Browsers
SECURE_SSL_REDIRECT = DEPLOYED
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readiness$", r"^metrics$"]
BEHIND_PROXY = env.boolean("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if DEPLOYED else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = DEPLOYED
SECURE_HSTS_PRELOAD = DEPLOYED
SECURE_REFERRER_POLICY = "same-origin"  # a link in a message is a key; ours need the Origin
SESSION_COOKIE_SECURE = DEPLOYED
CSRF_COOKIE_SECURE = DEPLOYED
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = DEPLOYED
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
ADMIN_CONTENT_SECURITY_POLICY = {  # Unfold is made with Alpine, which evaluates expressions
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

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

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Helsinki Proactive",
    "DESCRIPTION": "Proactive public services: the city makes the offer.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
}

# Logs and error reports
LOGGING = logging.configuration(
    readable=not DEPLOYED,
    level=env.text("LOG_LEVEL", default="WARNING" if HP_ENV == "test" else "INFO"),
)
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = DEBUG_LEVEL
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = DEBUG_LEVEL
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = DEBUG_LEVEL
SENTRY_DSN = env.text("SENTRY_DSN", default="")
SENTRY_RELEASE = env.text("SENTRY_RELEASE", default="")
if SENTRY_DSN:
    sentry_sdk.init(
        SENTRY_DSN,
        environment=HP_ENV,
        release=SENTRY_RELEASE or None,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=logging.scrub_report,
    )

# Metrics, for whoever has the token; without one, for this machine only
METRICS_TOKEN = env.text("METRICS_TOKEN", default="")

# The admin
UNFOLD = {
    "SITE_TITLE": "Helsinki Proactive",
    "SITE_HEADER": "Helsinki Proactive",
    "SITE_SYMBOL": "mark_email_read",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("offers/icon.svg")}
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "LOGIN": {"form": "helsinki_proactive.staff.forms.SignInForm"},
    "DASHBOARD_CALLBACK": "helsinki_proactive.casework.dashboard.dashboard",
    "SIDEBAR": {"navigation": "helsinki_proactive.casework.navigation.navigation"},
    "STYLES": [lambda request: static("casework/casework.css")],
    "SCRIPTS": [lambda request: static("casework/casework.js")],
    "COLORS": {  # the blues of the Helsinki Design System
        "primary": {
            "50": "#f2f3ff",
            "100": "#e5e7ff",
            "200": "#ccd0ff",
            "300": "#a8afff",
            "400": "#8b94ff",
            "500": "#7d87ff",
            "600": "#0000bf",
            "700": "#0000a0",
            "800": "#000080",
            "900": "#00005e",
            "950": "#000033",
        },
    },
}

env.complain()
