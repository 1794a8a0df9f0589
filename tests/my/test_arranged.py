"""What the law obliges the city to do cannot be objected to, but it can be arranged otherwise."""

import pytest
from django.test import Client
from django.urls import reverse

from citizens.models import Person
from helsinki_proactive.staff.roles import CASEWORKER
from offers.models import AnswerKind, CaseKind, Offer, Outcome, ReviewCase, Subject
from offers.rounds.outcomes import settle_subject
from tests.casework.staff import at_work, employee
from tests.identity_provider import IdentityProvider
from tests.my.citizens import look, press, signed_in, with_code
from tests.rounds.city import a_family, protect, seats
from tests.rounds.journeys import answer, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def child() -> Person:
    [child] = a_family(guardians=2)
    with_code(child.guardians.earliest("pk").guardian)
    seats(1)
    running()
    return child


@pytest.fixture
def client(child: Person, provider: IdentityProvider) -> Client:
    return signed_in(provider)


def test_a_person_looks_at_it_and_the_place_is_kept_meanwhile(client: Client) -> None:
    offer = Offer.objects.get()
    page = press(client, "arranged", offer=offer.pk)
    assert "you need not answer" in page.words
    assert "We have been told" in look(client).words
    press(client, "arranged", offer=offer.pk)
    case = ReviewCase.objects.get(kind=CaseKind.ARRANGED)
    assert case.subject == offer.subject
    assert offer.is_live
    assert at_work(CASEWORKER).get(reverse("casework:case", args=[case.pk])).status_code == 200

    settle_subject(
        subject=Subject.objects.get(),
        outcome=Outcome.ARRANGED_OTHERWISE,
        by=employee(CASEWORKER),
    )
    case.refresh_from_db()
    assert case.resolution == Outcome.ARRANGED_OTHERWISE
    assert "We have been told" not in look(client).words


def test_what_waits_for_no_answer_or_is_not_ones_own_is_not_found(
    client: Client, child: Person
) -> None:
    offer = Offer.objects.get()
    for said in ({}, {"offer": "x"}, {"offer": offer.pk + 1}):
        assert press(client, "arranged", **said).status == 404
    protect(child)
    assert press(client, "arranged", offer=offer.pk).status == 404
    Person.objects.update(protected=False)
    answer(child, AnswerKind.ACCEPT)
    assert press(client, "arranged", offer=offer.pk).status == 404
    assert not ReviewCase.objects.filter(kind=CaseKind.ARRANGED).exists()
