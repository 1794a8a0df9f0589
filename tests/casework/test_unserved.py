"""Who could be served and is not: counted for each service, for those who may start a round."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from consents.models import DataUse
from helsinki_proactive.staff.roles import APPROVER, CASEWORKER, UNIT_HEAD
from offers.eligibility.standing import keep_standing
from offers.models import AnswerKind, StandingRule
from offers.rounds.unserved import SINCE, coverage
from tests.casework.staff import at_work
from tests.casework.staff import page as round_page
from tests.eligibility.people import asked, rule
from tests.eligibility.services import a_rule
from tests.rounds.city import a_family, a_round, preschool, seats
from tests.rounds.journeys import answer, awaiting, prepared, running

pytestmark = pytest.mark.django_db
ADDRESS = "casework:unserved"


def kept_today() -> None:
    keep_standing(day=timezone.localdate())


def counts() -> tuple[int, int, int, int]:
    """Entitled to preschool, in a round, accepted, in no round."""
    rules = StandingRule.objects.filter(rule__service=preschool()).select_related("rule__service")
    [row] = coverage(rules)
    return row.entitled, row.met, row.accepted, row.unserved


def test_those_entitled_in_a_round_accepted_and_in_none_are_counted() -> None:
    seats(10)
    accepts, silent = a_family()[0], a_family()[0]
    running()
    answer(accepts, AnswerKind.ACCEPT)
    [left] = a_family()
    kept_today()
    assert counts() == (3, 2, 1, 1)
    left.municipality = silent.municipality = "049"
    left.save()
    silent.save()
    kept_today()
    assert counts() == (1, 1, 1, 0)


def test_a_list_that_nobody_has_asked_to_approve_serves_nobody() -> None:
    seats(10)
    a_family()
    round = prepared()
    kept_today()
    assert counts() == (1, 0, 0, 1)
    awaiting(round)
    assert counts() == (1, 1, 0, 0)


def test_a_round_of_a_year_ago_serves_nobody_now() -> None:
    seats(10)
    a_family()
    running()
    kept_today()
    with time_machine.travel(timezone.now() + SINCE - timedelta(days=1)):
        assert counts() == (1, 1, 0, 0)
    with time_machine.travel(timezone.now() + SINCE):
        assert counts() == (1, 0, 0, 1)


def test_a_round_of_another_service_counts_for_that_one_only() -> None:
    seats(10)
    a_family()
    a_rule(rule(asked("age", "between", [0, 17])))
    running()
    kept_today()
    rules = StandingRule.objects.select_related("rule__service").order_by("pk")
    assert [(row.entitled, row.met) for row in coverage(rules)] == [(1, 1), (1, 0)]


def test_all_services_of_a_page_are_counted_in_one_statement(
    django_assert_num_queries: Any,
) -> None:
    for _ in range(5):
        a_rule(rule(asked("sex", "has")))
    kept_today()
    rules = list(StandingRule.objects.select_related("rule__service"))
    with django_assert_num_queries(1):
        assert len(coverage(rules)) == 5


def test_the_page_shows_counts_and_the_way_to_a_round_and_uses_nobodys_data() -> None:
    [child] = a_family(last_name="Salanimi")
    preschool()
    page = at_work(CASEWORKER).get(reverse(ADDRESS)).content.decode()
    assert "?service=preschool" not in page
    assert "1 service is new" in page
    kept_today()
    page = at_work(CASEWORKER).get(reverse(ADDRESS)).content.decode()
    assert "?service=preschool" in page
    assert child.last_name not in page
    assert not DataUse.objects.exists()
    assert "?service=preschool" not in at_work(APPROVER).get(reverse(ADDRESS)).content.decode()


def test_a_units_head_has_no_business_here() -> None:
    assert at_work(UNIT_HEAD).get(reverse(ADDRESS)).status_code == 403


def test_a_draft_of_today_is_warned_by_what_was_kept_last_night() -> None:
    preschool()
    kept_today()
    page = at_work(CASEWORKER).get(round_page(a_round())).content.decode()
    assert "The rule selects nobody." in page
    assert "0 people are entitled" in page
    a_family()
    kept_today()
    page = at_work(CASEWORKER).get(round_page(a_round())).content.decode()
    assert "The rule selects everybody" not in page
    assert "1 person is entitled" in page
