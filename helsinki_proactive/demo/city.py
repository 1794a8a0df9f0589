"""The city of the demo: seeded anew at each run, with staff to log in as."""

import secrets
from random import Random

import psycopg2
import redis
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef

from citizens.models import ContactKind, ContactPoint, Guardianship, Person
from consents.models import ChannelChoice
from consents.services.heads import forget_heads
from helsinki_proactive.demo.processes import DemoError
from helsinki_proactive.embedded import local_folder
from helsinki_proactive.embedded.keys import Keys
from helsinki_proactive.embedded.postgres import DATABASE, SUPERUSER
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import ADMINISTRATOR, APPROVER, CASEWORKER, UNIT_HEAD
from offers.models import Message, TextKind

PRESCHOOL_AGE = 6
KEPT = ("auth_", "django_content_type", "django_migrations")
STAFF = {"kaisa": CASEWORKER, "antti": APPROVER, "ylva": ADMINISTRATOR, "hilla": UNIT_HEAD}


def look_for_servers() -> None:
    """Raise DemoError, with what to do, unless database and broker can be used."""
    try:
        Person.objects.exists()
    except DatabaseError as error:
        hint = "is DATABASE_URL right, the server up, and `./run manage migrate` done?"
        raise DemoError(f"the database cannot be used ({hint}):\n{error}") from None
    try:
        with redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=5, socket_timeout=5
        ) as broker:
            broker.ping()
    except redis.RedisError as error:
        hint = "is REDIS_URL right, and the server up?"
        raise DemoError(f"the broker cannot be used ({hint}):\n{error}") from None


def start_over() -> bool:
    """Empty the embedded database of an earlier demo; whether there was anything.

    Rows that are only ever added to cannot be removed by the application: this is done as the
    embedded server's superuser. Raises DemoError for a database that is not embedded.
    """
    if not Person.objects.exists():
        return False
    state = local_folder().state()
    port = int(connection.settings_dict["PORT"] or 0)
    if state is None or port != state.postgres_port:
        raise DemoError(
            "The database of DATABASE_URL has people in it. The demo makes its own city: give it "
            "an empty database, or leave DATABASE_URL unset."
        )
    keys = Keys.load(local_folder().keys)
    with (
        psycopg2.connect(
            host="127.0.0.1",
            port=port,
            user=SUPERUSER,
            password=keys.superuser_password,
            dbname=DATABASE,
        ) as superuser,
        superuser.cursor() as cursor,
    ):
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall() if not name.startswith(KEPT)]
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
    superuser.close()
    forget_heads()
    return True


def seed(*, people: int, families: int, seed: int) -> None:
    """Make the city; its progress is shown."""
    call_command("seed_city", people=people, families=families, seed=seed)
    call_command("keep_standing")


def hire() -> dict[str, tuple[User, str]]:
    """A user for each role: role → (user, password). Passwords are new at each run."""
    staff = {}
    for name, role in STAFF.items():
        password = secrets.token_urlsafe(9)
        user, _ = User.objects.get_or_create(username=name, defaults={"first_name": name.title()})
        user.is_staff = True
        user.set_password(password)
        user.save(update_fields=["is_staff", "password"])  # type: ignore[no-untyped-call]
        user.groups.set(Group.objects.filter(name=role))
        staff[role] = (user, password)
    return staff


def choose_email(*, share: float, turning_six_in: int, seed: int) -> int:
    """Let this share of the guardians of the year's preschoolers be written to by e-mail.

    Only guardians who have an address; returns how many chose.
    """
    guardianships = Guardianship.objects.filter(
        child__birth_date__year=turning_six_in - PRESCHOOL_AGE
    )
    guardians = (
        Person.objects.filter(guardianships__in=guardianships)
        .filter(
            Exists(
                ContactPoint.objects.filter(person=OuterRef("pk"), kind=ContactKind.EMAIL).healthy()
            )
        )
        .distinct()
        .order_by("pk")
    )
    random = Random(seed)
    choices = [
        ChannelChoice(person_id=pk, channels=[ContactKind.EMAIL])
        for pk in guardians.values_list("pk", flat=True)
        if random.random() < share
    ]
    return len(ChannelChoice.objects.bulk_create(choices))


def somebody_to_be() -> str:
    """The identity code of a guardian who was written to, for a visitor to sign in with."""
    written_to = Message.objects.filter(kind=TextKind.OFFER, person=OuterRef("pk"))
    guardians = Person.objects.in_register().unprotected().exclude(identity_code=None)
    chosen = guardians.filter(Exists(written_to)).order_by("pk").first()
    return chosen.unseal("identity_code") if chosen else ""
