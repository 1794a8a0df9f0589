"""The limit: a bare Django view that checks Twilio's signature and commits one row.

Served by gunicorn: `gunicorn bench.limits.replies:application`.
"""

import os
from urllib.parse import urlsplit

import psycopg2
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import RequestValidator

TABLE = "bench_limit_reply"
PATH = "limit/reply"


def make_table(superuser_url: str) -> None:
    """The table its one row goes into, with the index that makes an id unique."""
    with psycopg2.connect(superuser_url) as superuser, superuser.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, sid text UNIQUE, "
            "sender text, body text, at timestamptz DEFAULT now())"
        )
        cursor.execute(f"GRANT INSERT ON {TABLE} TO PUBLIC")
        cursor.execute(f"GRANT USAGE ON SEQUENCE {TABLE}_id_seq TO PUBLIC")


@csrf_exempt
def reply(request: HttpRequest) -> HttpResponse:
    """Check, write, answer."""
    fields = request.POST.dict()
    url = os.environ["HP_PUBLIC_URL"] + request.get_full_path()
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    if not validator.validate(url, fields, request.headers.get("X-Twilio-Signature", "")):
        return HttpResponse(status=403)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (sid, sender, body) VALUES (%s, %s, %s)",
            [fields["MessageSid"], fields["From"], fields["Body"]],
        )
    return HttpResponse("<Response/>", content_type="text/xml")


urlpatterns = [path(PATH, reply)]

if not settings.configured:
    address = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="limit",  # noqa: S106 - nothing is signed with it
        MIDDLEWARE=[],
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": address.path.removeprefix("/"),
                "USER": address.username,
                "PASSWORD": address.password,
                "HOST": address.hostname,
                "PORT": address.port,
                "CONN_MAX_AGE": 60,
            }
        },
    )
    application = get_wsgi_application()
