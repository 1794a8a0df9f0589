"""What the application consists of, what it stands on, and how browsers and operators meet it."""

from logging import DEBUG as DEBUG_LEVEL
from urllib.parse import urlsplit

import environ
import sentry_sdk
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from helsinki_proactive import logging
from helsinki_proactive.settings.place import BASE_DIR, DEPLOYED, HP_ENV, env

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
env.require(
    not DATABASE_URL or DATABASE_URL.startswith(("postgres://", "postgresql://")),
    "DATABASE_URL is not the address of a PostgreSQL: postgres://hp_app:password@host:5432/name",
)
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
        # Whoever accepts a connection and says nothing is not waited for: no signal ends that wait.
        "OPTIONS": {"connect_timeout": 30} | planned_once | connection.get("OPTIONS", {}),
        "ENGINE": "helsinki_proactive.database",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker and cache: two databases of one server, since a cleared cache must not lose a task.
REDIS_URL = env.needed("REDIS_URL", hint="redis://:password@host:6379/0")
env.require(
    not REDIS_URL or REDIS_URL.startswith(("redis://", "rediss://")),
    "REDIS_URL is not the address of a Valkey or Redis: redis://:password@host:6379/0",
)
CELERY_BROKER_URL = REDIS_URL
CACHE_URL = env.text("CACHE_URL", default=REDIS_URL.removesuffix("/0") + "/1")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "hp",
    }
}


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
