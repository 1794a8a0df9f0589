"""A caseworker writes a rule in the admin: typed widgets, words, counts, examples, approval."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consents.models import DataUse
from helsinki_proactive.staff.roles import ADMINISTRATOR, APPROVER, CASEWORKER
from offers.eligibility.versions import approve_rule, fingerprint, propose_rule
from offers.models import EligibilityRule
from tests.casework.staff import ROLES, at_work, employee
from tests.casework.staff import page as round_page
from tests.rounds.city import a_child, a_family, a_round, preschool, seats
from tests.rounds.journeys import prepared

pytestmark = pytest.mark.django_db

SIX = {"0-0-attribute": "birth_date", "0-0-operator": "turns_in_year", "0-0-value": "6"}
FIVE = SIX | {"0-0-value": "5"}


def address(name: str, *arguments: object) -> str:
    return reverse(f"admin:offers_eligibilityrule_{name}", args=arguments)


@pytest.fixture
def caseworker() -> Client:
    preschool()
    return at_work(CASEWORKER)


def press(client: Client, button: str, fields: dict[str, Any], *, follow: bool = False) -> str:
    """Press a button of the form with these fields; the page that comes."""
    url = address("add") + "?service=preschool"
    response = client.post(url, {**fields, "do": button}, follow=follow)
    assert response.status_code == 200
    return response.content.decode()


def a_proposal() -> EligibilityRule:
    criteria = {
        "all": [{"any": [{"attribute": "age", "operator": "between", "value": [5, 6]}]}],
    }
    return propose_rule(service=preschool(), criteria=criteria, by=employee(CASEWORKER))


def test_the_form_begins_with_the_rule_in_force(caseworker: Client) -> None:
    page = caseworker.get(address("add") + "?service=preschool").content.decode()
    assert '<option value="birth_date" selected>' in page
    assert '<option value="turns_in_year" selected>' in page
    assert 'name="0-0-value" value="6"' in page


@pytest.mark.parametrize(
    ("attribute", "operator", "widget"),
    [
        ("birth_date", "is", 'type="date" name="0-0-value"'),
        ("birth_date", "between", 'type="date" name="0-0-last"'),
        ("birth_date", "is_years", 'type="number" name="0-0-last"'),
        ("age", "at_least", 'type="number" name="0-0-value"'),
        ("sex", "is", '<select name="0-0-value"'),
        ("special_group", "is", '<option value="true">'),
        ("postal_code", "one_of", '<textarea name="0-0-values"'),
        ("daycare_unit", "is", 'type="text" name="0-0-value"'),
    ],
)
def test_the_value_is_asked_for_by_its_type(
    caseworker: Client, attribute: str, operator: str, widget: str
) -> None:
    page = press(caseworker, "", {"0-0-attribute": attribute, "0-0-operator": operator})
    assert widget in page
    assert "cw-error" not in page


@pytest.mark.parametrize(
    ("attribute", "operator", "said"),
    [
        ("birth_date", "is", "Everybody has this."),
        ("sex", "is", "Not known: The register does not say."),
        ("guardian_birth_date", "has", "Not known: No guardian who may decide."),
    ],
)
def test_what_not_known_means_is_said_beside_the_comparison(
    caseworker: Client, attribute: str, operator: str, said: str
) -> None:
    page = press(caseworker, "", {"0-0-attribute": attribute, "0-0-operator": operator})
    assert said in page


def test_only_the_facts_own_comparisons_are_offered(caseworker: Client) -> None:
    page = press(caseworker, "", {"0-0-attribute": "sex", "0-0-operator": "turns_in_year"})
    select = re.search(r'<select name="0-0-operator".*?</select>', page, re.DOTALL)
    assert select
    assert re.findall(r'value="(\w+)"', select[0]) == ["is", "is_not", "has", "has_not"]


def test_rows_are_added_and_removed_without_a_script(caseworker: Client) -> None:
    two = press(caseworker, "add-0", SIX)
    assert 'name="0-1-attribute"' in two
    assert "cw-error" not in two
    assert 'name="1-0-attribute"' in press(caseworker, "add-group", SIX)
    more = SIX | {"1-0-attribute": "sex", "1-0-operator": "has"}
    left = press(caseworker, "remove-0-0", more)
    assert '<option value="sex" selected>' in left
    assert 'name="1-0-attribute"' not in left


def test_while_writing_the_words_and_the_numbers_are_shown(caseworker: Client) -> None:
    this_year = timezone.localdate().year
    for age in (5, 5, 6):
        a_child(birth_date=timezone.localdate().replace(year=this_year - age, month=1, day=1))
    page = press(caseworker, "", FIVE)
    assert f"turns 5 in {this_year}" in page
    assert 'lang="fi"' in page
    assert f"fyller 5 år {this_year}" in page
    assert "<strong>2</strong>" in page
    assert "<strong>+2</strong>" in page
    assert "<strong>−1</strong>" in page
    assert not DataUse.objects.exists()


def test_three_people_are_shown_only_when_asked_for_and_that_is_recorded(
    caseworker: Client,
) -> None:
    children = [child for _n in range(5) for child in a_family()]
    page = press(caseworker, "people", SIX)
    shown = [child for child in children if f"{child.first_names}," in page]
    assert len(shown) == 3
    assert set(DataUse.objects.values_list("person", flat=True)) == {one.pk for one in shown}


def test_a_protected_child_is_never_shown(caseworker: Client) -> None:
    a_child(protected=True, first_names="Salainen")
    page = press(caseworker, "people", SIX)
    assert "There is nobody to show." in page
    assert "Salainen" not in page


def test_what_is_saved_waits_for_a_second_person(caseworker: Client) -> None:
    page = press(caseworker, "save", FIVE, follow=True)
    assert "Somebody else now approves it." in page
    rule = EligibilityRule.objects.proposed().get()
    assert (rule.version, rule.created_by) == (2, employee(CASEWORKER))
    approver = at_work(APPROVER)
    seen = re.search(r'name="seen" value="(\w+)"', approver.get(_page(rule)).content.decode())
    assert seen
    approver.post(address("step", rule.pk, "approve"), {"seen": seen[1]})
    assert EligibilityRule.objects.in_force().get(service=preschool()) == rule


def test_the_writer_may_approve_nothing_of_their_own() -> None:
    rule = a_proposal()
    both = employee(CASEWORKER)
    both.groups.add(employee(APPROVER).groups.get())
    client = at_work(CASEWORKER)
    both.groups.add(employee(APPROVER).groups.get())
    page = client.get(_page(rule)).content.decode()
    assert "so somebody else approves it" in page
    client.post(address("step", rule.pk, "approve"), {"seen": "x"})
    assert not EligibilityRule.objects.in_force().filter(pk=rule.pk).exists()


def test_only_the_writer_opens_the_form_of_a_proposal() -> None:
    rule = a_proposal()
    assert at_work(CASEWORKER).get(address("edit", rule.pk)).status_code == 200
    other = at_work(CASEWORKER, "colleague")
    assert other.get(address("edit", rule.pk)).status_code == 302


def test_a_proposal_is_changed_and_discarded(caseworker: Client) -> None:
    rule = a_proposal()
    caseworker.post(address("edit", rule.pk), FIVE | {"do": "save"})
    rule.refresh_from_db()
    assert rule.criteria["all"][0]["any"][0]["value"] == 5
    caseworker.post(address("step", rule.pk, "discard"))
    assert not EligibilityRule.objects.proposed().exists()


def test_two_versions_stand_side_by_side() -> None:
    rule = a_proposal()
    page = at_work(APPROVER).get(_page(rule)).content.decode()
    assert re.search(r"<del[^>]*>Date of birth: turns 6", page)
    assert re.search(r"<ins[^>]*>Age in years: is between 5 and 6|<ins[^>]*>Age in years", page)


@pytest.mark.parametrize("role", ROLES)
def test_a_page_of_a_rule_opens_for_its_roles_only(role: str) -> None:
    rule = a_proposal()
    client = at_work(role)
    opened = {name: client.get(url).status_code for name, url in {
        "version": _page(rule),
        "new": address("add") + "?service=preschool",
        "choose": address("add"),
        "edit": address("edit", rule.pk),
    }.items()}  # fmt: skip
    writes = 200 if role == CASEWORKER else 403
    assert opened == {"version": 200, "new": writes, "choose": writes, "edit": writes}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("step", "allowed"), [("approve", APPROVER), ("discard", CASEWORKER)])
def test_a_step_of_a_rule_is_for_its_role_only(role: str, step: str, allowed: str) -> None:
    rule = a_proposal()
    status = at_work(role).post(address("step", rule.pk, step)).status_code
    assert status == (302 if role == allowed else 403)


def test_an_administrator_is_shown_no_people() -> None:
    preschool()
    assert at_work(ADMINISTRATOR).get(address("add") + "?service=preschool").status_code == 403


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "There are no criteria: everybody would match."),
        ({"0-0-attribute": ""}, "Choose a fact."),
        ({"0-0-attribute": "shoe_size"}, "There is no such fact."),
        (SIX | {"0-0-operator": "one_of"}, "Say how this fact is compared"),
        (SIX | {"0-0-operator": "is", "0-0-value": "six"}, "Enter a valid date."),
        (SIX | {"0-0-value": ""}, "This field is required."),
        (SIX | {"0-0-value": "600"}, "less than or equal to 150"),
        (
            {"0-0-attribute": "age", "0-0-operator": "between", "0-0-first": 65, "0-0-last": 30},
            "nobody would match",
        ),
        (
            {"0-0-attribute": "age", "0-0-operator": "at_least", "0-0-value": 30}
            | {"1-0-attribute": "age", "1-0-operator": "less_than", "1-0-value": 20},
            "contradicts itself",
        ),
        (
            {"0-0-attribute": "daycare_unit", "0-0-operator": "is"}
            | {"0-0-value": "x'; DROP TABLE offers_round"},
            "is not a plain word",
        ),
        (
            {"0-0-attribute": "daycare_unit", "0-0-operator": "is"}
            | {"0-0-value": "{{ settings.SECRET_KEY }}"},
            "is not a plain word",
        ),
        (
            {"0-0-attribute": "postal_code", "0-0-operator": "one_of"}
            | {"0-0-values": "00420\nKannelmäki"},
            "looks like 00420",
        ),
        (
            {
                f"{number}-0-{part}": value
                for number in range(201)
                for part, value in (("attribute", "sex"), ("operator", "has"))
            },
            "There are more than 200 criteria.",
        ),
    ],
)
def test_bad_input_is_said_in_the_form_and_nothing_is_written(
    caseworker: Client, fields: dict[str, Any], words: str
) -> None:
    page = press(caseworker, "save", fields)
    assert words in page
    assert not EligibilityRule.objects.proposed().exists()


def test_ten_thousand_criteria_are_refused_before_anything_is_read(caseworker: Client) -> None:
    fields = {f"{number}-0-attribute": "sex" for number in range(10_000)}
    url = address("add") + "?service=preschool"
    assert caseworker.post(url, fields).status_code == 400


def test_the_rule_that_is_in_force_already_is_not_written_again(caseworker: Client) -> None:
    assert "says already" in press(caseworker, "save", SIX)
    assert not EligibilityRule.objects.proposed().exists()


def test_a_rounds_people_keep_the_rule_they_were_chosen_by() -> None:
    a_family()
    seats(2)
    round = prepared(a_round())
    rule = a_proposal()
    at_work(APPROVER).post(
        address("step", rule.pk, "approve"),
        {"seen": re.findall(r'"seen" value="(\w+)"', _shown(rule))[0]},
    )
    subject = round.subjects.get()
    url = reverse("admin:offers_round_subject", args=[round.pk, subject.pk])
    page = at_work(CASEWORKER).get(url).content.decode()
    assert "rule version 1" in page
    assert EligibilityRule.objects.in_force().get(service=preschool()) == rule


@pytest.mark.parametrize(
    ("years", "words"),
    [((90, 99), "The rule selects nobody."), ((0, 150), "The rule selects everybody")],
)
def test_a_rule_for_nobody_or_everybody_is_said_before_a_round_is_prepared(
    years: tuple[int, int], words: str
) -> None:
    a_family()
    question = {"attribute": "age", "operator": "between", "value": list(years)}
    criteria = {"all": [{"any": [question]}]}
    rule = propose_rule(service=preschool(), criteria=criteria, by=employee(CASEWORKER))
    approve_rule(rule=rule, seen=fingerprint(rule), by=employee(APPROVER))
    draft = at_work(CASEWORKER).get(round_page(a_round())).content.decode()
    assert words in draft
    shown = at_work(APPROVER).get(_page(rule)).content.decode()
    assert words in shown


def test_an_ordinary_draft_is_prepared_without_a_warning() -> None:
    a_family()
    draft = at_work(CASEWORKER).get(round_page(a_round())).content.decode()
    assert "The rule selects" not in draft


def _page(rule: EligibilityRule) -> str:
    return address("change", rule.pk)


def _shown(rule: EligibilityRule) -> str:
    return at_work(APPROVER).get(_page(rule)).content.decode()
