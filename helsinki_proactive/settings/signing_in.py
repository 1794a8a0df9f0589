"""Who signs in and how: staff, and citizens on their own pages."""

import json

from django.urls import reverse_lazy

from helsinki_proactive.settings.place import DEPLOYED, HP_ENV, env


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
