"""Prepared queries find what the ORM finds, on every connection and with any values."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import BigIntegerField, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from citizens.models import Person
from offers.delivery.links import issue_link
from offers.delivery.prepared import Prepared, PreparedModels, blank, listed
from offers.models import Link
from tests.rounds.city import a_person, a_round


def a_link(guardian: Person) -> Link:
    issue_link(round=a_round(), guardian=guardian, expires_at=timezone.now() + timedelta(days=1))
    return Link.objects.latest("pk")


def complete(links: "QuerySet[Link]") -> "QuerySet[Link]":
    related = links.select_related("round__service", "round__rule", "guardian")
    return related.defer("round__preview").order_by("pk")


def prepared_links() -> PreparedModels[Link]:
    return PreparedModels(
        complete(Link.objects.filter(guardian=blank("guardian", BigIntegerField())))
    )


@pytest.mark.django_db
def test_it_makes_the_models_the_orm_makes_with_their_related_ones() -> None:
    guardian = a_person()
    links = [a_link(guardian), a_link(guardian)]
    a_link(a_person())

    made = prepared_links().objects(guardian=guardian.pk)

    assert made == list(complete(Link.objects.filter(guardian=guardian))) == links
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for ours, theirs in zip(made, links, strict=True):
            assert bytes(ours.token_hash) == bytes(theirs.token_hash)
            assert ours.guardian == guardian
            assert ours.guardian.birth_date == guardian.birth_date
            assert ours.round.service.name["fi"]
            assert (ours.round.rule is None) == (ours.round.rule_id is None)
    assert not asked.captured_queries


@pytest.mark.django_db
def test_what_was_left_out_is_read_when_it_is_asked_for() -> None:
    guardian = a_person()
    link = a_link(guardian)

    (made,) = prepared_links().objects(guardian=guardian.pk)

    assert made.round.get_deferred_fields() == {"preview"}
    assert made.round.preview == link.round.preview


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_may_have_any_length(count: int) -> None:
    people = [a_person() for _ in range(3)][:count]
    query = Prepared(Person.objects.filter(listed("people", Person)).values_list("pk"))

    found = query.rows(people=[person.pk for person in people])

    assert {pk for (pk,) in found} == {person.pk for person in people}


@pytest.mark.django_db
def test_the_database_is_told_of_a_query_once() -> None:
    query = Prepared(Person.objects.filter(listed("people", Person)).values_list("pk"))

    with CaptureQueriesContext(connection) as asked:
        query.rows(people=[])
        query.rows(people=[])

    words = [each["sql"].split()[0] for each in asked.captured_queries]
    assert words == ["PREPARE", "EXECUTE", "EXECUTE"]


@pytest.mark.django_db(transaction=True)
def test_a_query_made_in_one_thread_runs_in_others_on_their_own_connections() -> None:
    guardian = a_person()
    link = a_link(guardian)
    query = prepared_links()

    def ask(_number: int) -> Collection[Link]:
        try:
            return query.objects(guardian=guardian.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(ask, range(6)))

    assert found == [[link]] * 6
