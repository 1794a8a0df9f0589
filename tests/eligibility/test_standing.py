"""Who is entitled to what, night after night."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from citizens.attributes import BUILT_IN, AttributeDefinition
from citizens.lookups import Age, Column, Lookup
from citizens.models import Examined, Person, PersonChange, ValueType
from citizens.models.people import HELSINKI
from consents.models import BasisKind, DataUse, LegalBasis, Operation
from offers.eligibility.standing import LOCK, Night, keep_standing, keep_standing_nightly
from offers.models import Entitlement, StandingRule
from tests.eligibility.people import a_fact, a_guardianship, a_person, an_attribute, asked, rule
from tests.eligibility.services import a_rule, a_service

pytestmark = pytest.mark.django_db
DAY = date(2027, 6, 15)
NEXT_DAY = date(2027, 6, 16)
PENSIONERS = rule(asked("age", "at_least", 65))
PRESCHOOL = rule(asked("birth_date", "turns_in_year", 6))


def night(day: date, **how: Any) -> Night:
    """A run that nothing keeps away; few people are looked at one by one, however few there are."""
    done = keep_standing(day=day, **{"in_full": False} | how)
    assert done is not None
    return done


def entitled(criteria: Any) -> set[int]:
    """Who is kept for the rule."""
    return set(Entitlement.objects.filter(rule=criteria).values_list("person", flat=True))


def places() -> dict[tuple[int, int], str]:
    """Where in the table each row is; a row written again is elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rule_id, person_id, ctid::text FROM offers_entitlement")
        return {(rule, person): place for rule, person, place in cursor.fetchall()}


def test_the_first_night_asks_every_rule_of_everybody() -> None:
    child, old = a_person(), a_person(birth_date=date(1950, 1, 1))
    preschool, pension = a_rule(PRESCHOOL), a_rule(PENSIONERS)
    done = night(DAY)
    assert (entitled(preschool), entitled(pension)) == ({child.pk}, {old.pk})
    assert (done.rules, done.in_full, done.came, done.went) == (2, 2, 2, 0)
    assert StandingRule.objects.get(rule=pension).people == 1
    assert not PersonChange.objects.exists()


def test_a_night_without_changes_writes_nothing() -> None:
    a_person()
    a_rule(PRESCHOOL)
    night(DAY)
    before = places()
    done = night(DAY)
    assert (done.in_full, done.examined, done.came, done.went) == (0, 0, 0, 0)
    assert places() == before


def test_only_the_rows_that_changed_are_written() -> None:
    stays, leaves = a_person(), a_person()
    preschool = a_rule(PRESCHOOL)
    night(DAY)
    before = places()
    Person.objects.filter(pk__in=(stays.pk, leaves.pk)).update(postal_code="00100")
    Person.objects.filter(pk=leaves.pk).update(municipality="049")
    comes = a_person()
    done = night(NEXT_DAY)
    assert entitled(preschool) == {stays.pk, comes.pk}
    assert (done.examined, done.came, done.went) == (3, 1, 1)
    assert places()[preschool.pk, stays.pk] == before[preschool.pk, stays.pk]


def test_who_crosses_a_date_is_looked_at_and_nobody_else() -> None:
    turns = a_person(birth_date=date(1962, 6, 16))
    a_person(birth_date=date(1962, 6, 17))
    a_person(birth_date=date(1962, 6, 15))
    pension = a_rule(PENSIONERS)
    night(DAY)
    done = night(NEXT_DAY)
    assert (done.examined, done.came) == (1, 1)
    assert turns.pk in entitled(pension)


def test_nights_that_were_missed_do_not_matter() -> None:
    turned = {a_person(birth_date=date(1962, 6, 10 + day)).pk for day in range(6, 12)}
    pension = a_rule(PENSIONERS)
    night(DAY)
    assert not entitled(pension)
    night(DAY + timedelta(days=30))
    assert entitled(pension) == turned


def test_a_fact_that_grows_old_counts_from_its_day() -> None:
    seen = an_attribute("last_seen", ValueType.DATE)
    person = a_person()
    a_fact(person, seen, date(2022, 6, 16))
    due = a_rule(rule(asked("last_seen", "at_least_years_since", 5)))
    night(DAY)
    assert not entitled(due)
    assert night(NEXT_DAY).examined == 1
    assert entitled(due) == {person.pk}


def test_a_guardian_who_changes_changes_the_child() -> None:
    guardian, child = a_person(birth_date=date(1980, 1, 1)), a_person()
    a_guardianship(guardian, child)
    young = a_rule(rule(asked("guardian_birth_date", "at_least", "1990-01-01")))
    night(DAY)
    Person.objects.filter(pk=guardian.pk).update(birth_date=date(1995, 1, 1))
    night(DAY)
    assert entitled(young) == {child.pk}


def test_a_guardianship_that_ends_is_noticed_on_its_day_and_when_it_is_removed() -> None:
    guardian, one, other = a_person(), a_person(), a_person()
    a_guardianship(guardian, one, valid_until=DAY)
    removed = a_guardianship(guardian, other)
    guarded = a_rule(rule(asked("guardian_birth_date", "has")))
    night(DAY)
    assert entitled(guarded) == {one.pk, other.pk}
    night(NEXT_DAY)
    assert entitled(guarded) == {other.pk}
    removed.delete()
    night(NEXT_DAY)
    assert not entitled(guarded)


def test_somebody_deleted_behind_the_models_back_is_let_go() -> None:
    person = a_person()
    preschool = a_rule(PRESCHOOL)
    night(DAY)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM citizens_person WHERE id = %s", [person.pk])
    night(DAY)
    assert not entitled(preschool)


def test_a_new_version_is_asked_of_everybody_and_the_old_one_let_go() -> None:
    a_person()
    service = a_service()
    first, kept = a_rule(PRESCHOOL, service), a_rule(PRESCHOOL)
    night(DAY)
    before = places()
    second = a_rule(PENSIONERS, service)
    done = night(DAY)
    assert (done.in_full, done.went) == (1, 1)
    assert not StandingRule.objects.filter(rule=first).exists()
    assert StandingRule.objects.filter(rule=second).exists()
    assert [place for key, place in before.items() if key[0] == kept.pk] == [*places().values()]


def test_a_registry_that_changes_what_a_rule_means_has_it_asked_of_everybody() -> None:
    zone = an_attribute("zone", ValueType.TEXT)
    a_person()
    a_rule(rule(asked("zone", "has_not")))
    night(DAY)
    zone.delete()
    an_attribute("zone", ValueType.TEXT)
    assert night(DAY).in_full == 1


def test_a_service_out_of_use_and_a_rule_that_cannot_be_asked_are_kept_for_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    a_person()
    zone = an_attribute("zone", ValueType.TEXT)
    unused, broken, good = (
        a_rule(PRESCHOOL),
        a_rule(rule(asked("zone", "has_not"))),
        a_rule(PRESCHOOL),
    )
    night(DAY)
    assert len(places()) == 3
    unused.service.active = False
    unused.service.save()
    zone.delete()
    night(DAY)
    assert {key[0] for key in places()} == {good.pk}
    assert broken.service.code in caplog.text


def test_where_people_are_selected_on_consent_alone_nobody_is_looked_at_beforehand() -> None:
    a_person()
    asked_for, on_consent = a_rule(PRESCHOOL), a_rule(PRESCHOOL)
    LegalBasis.objects.create(
        purpose=on_consent.service.purpose,
        operation=Operation.SELECTING,
        source="population_register",
        kind=BasisKind.CONSENT,
        statute=on_consent.service.name,
        recipients=on_consent.service.name,
        retention_days=30,
        in_force_from=DAY,
    )
    night(DAY)
    assert asked_for.service.purpose != on_consent.service.purpose
    assert {key[0] for key in places()} == {asked_for.pk}


def test_without_a_word_many_changes_are_asked_of_everybody_and_few_one_by_one() -> None:
    people = [a_person() for _ in range(20)]
    a_rule(PRESCHOOL)
    keep_standing(day=DAY)
    people[0].save()
    one = keep_standing(day=DAY)
    assert one is not None
    assert (one.in_full, one.examined) == (0, 1)
    Person.objects.update(municipality=HELSINKI)
    many = keep_standing(day=DAY)
    assert many is not None
    assert (many.in_full, many.examined, many.came, many.went) == (1, 20, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_run_cut_off_in_the_middle_has_done_nothing_and_is_repeated() -> None:
    preschool = a_rule(PRESCHOOL)
    night(DAY)
    person = a_person()
    with another_connection() as other, transaction.atomic():
        other.execute("BEGIN; LOCK TABLE offers_entitlement IN EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            night(NEXT_DAY)
        transaction.set_rollback(True)
    assert StandingRule.objects.get().as_of == DAY
    assert night(NEXT_DAY).came == 1
    assert entitled(preschool) == {person.pk}


def test_while_one_run_is_at_it_another_leaves_everything_to_it() -> None:
    a_person()
    a_rule(PRESCHOOL)
    with another_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert keep_standing(day=DAY) is None
        with pytest.raises(CommandError, match="under way"):
            call_command("keep_standing")
    assert not StandingRule.objects.exists()


def test_the_night_is_kept_once_a_day_by_the_clock_of_helsinki() -> None:
    a_rule(PRESCHOOL)
    after_midnight = datetime(2027, 6, 16, 0, 5, tzinfo=ZoneInfo("Europe/Helsinki"))
    done = keep_standing_nightly(now=after_midnight)
    assert done is not None
    assert done.day == NEXT_DAY
    assert keep_standing_nightly(now=after_midnight + timedelta(hours=20)) is None
    assert keep_standing_nightly(now=after_midnight + timedelta(hours=24)) is not None


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    a_rule(PRESCHOOL)
    call_command("keep_standing", "--full")
    assert "1 rules as of" in capsys.readouterr().out


def test_nobody_is_noted_as_used_by_a_night() -> None:
    a_person()
    a_rule(PRESCHOOL)
    night(DAY)
    night(NEXT_DAY, in_full=True)
    assert not DataUse.objects.exists()


def test_every_column_a_rule_may_read_is_there_of_who_is_looked_at() -> None:
    read = {
        lookup.field for lookup in map(_lookup, BUILT_IN.values()) if isinstance(lookup, Column)
    }
    resident = {"municipality", "moved_out_on", "died_on", "gone_at"}
    columns = {field.name for field in Examined._meta.fields}
    assert read | resident <= columns
    assert columns <= {field.name for field in Person._meta.fields}


def _lookup(definition: AttributeDefinition) -> Lookup:
    lookup = definition.lookup
    return lookup.birth_date if isinstance(lookup, Age) else lookup


@contextmanager
def another_connection() -> Iterator[CursorWrapper]:
    """A session of its own, gone afterwards with all its locks."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()
