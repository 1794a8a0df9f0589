"""A record of use to seal, and ways to bend it."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import cursor

from citizens.models import Person
from consents.models import DataUse, Processing, ProcessingKind, Purpose
from consents.services.processing import open_processing, record_use
from consents.services.verify_seal import Fault, verify_seal
from tests.rounds.city import a_person


def a_purpose(code: str = "tests") -> Purpose:
    """A purpose of one department."""
    words = dict.fromkeys(("fi", "sv", "en"), "Testaus")
    return Purpose.objects.get_or_create(code=code, defaults={"name": words, "department": words})[
        0
    ]


def a_viewing(reason: str = "a call") -> Processing:
    """One act of using data."""
    return open_processing(purpose=a_purpose(), kind=ProcessingKind.VIEWING, by=None, reason=reason)


def used(people: int = 3) -> list[DataUse]:
    """The rows of one act that used the data of so many people."""
    processing = a_viewing()
    made = [a_person().pk for _ in range(people)]
    record_use(processing=processing, people=Person.objects.filter(pk__in=made))
    return list(DataUse.objects.filter(processing=processing).order_by("pk"))


@contextmanager
def guards_off(superuser: cursor) -> Iterator[cursor]:
    """A superuser who has switched every trigger off."""
    superuser.execute("SET session_replication_role = replica")
    try:
        yield superuser
    finally:
        superuser.execute("SET session_replication_role = origin")


def found() -> set[tuple[Fault, str, int]]:
    """What the verification finds: the fault, the table and the row's id or the block's number."""
    return {(each.fault, each.table, each.number) for each in verify_seal().findings}
