"""What a citizen is entitled to: one's own and one's children's, and nothing of who is shielded."""

import pytest
from django.utils import timezone

from citizens.models import Guardianship, Person
from helsinki_proactive.my.entitled import MyService, services_of
from offers.eligibility.standing import keep_standing
from tests.eligibility.people import asked, rule
from tests.eligibility.services import a_rule
from tests.identity_provider import IdentityProvider
from tests.my.citizens import look, signed_in, with_code
from tests.rounds.city import a_family, preschool, protect

pytestmark = pytest.mark.django_db


def a_guardian() -> tuple[Person, Person]:
    """A guardian and a child who is entitled to preschool, of which nothing was offered yet."""
    preschool()
    [child] = a_family()
    return with_code(child.guardians.get().guardian), child


def of(person: Person) -> list[MyService]:
    keep_standing(day=timezone.localdate())
    return list(services_of(person, language="en", now=timezone.now()))


def test_a_guardian_sees_what_the_child_is_entitled_to_and_by_which_rule(
    provider: IdentityProvider,
) -> None:
    _guardian, child = a_guardian()
    keep_standing(day=timezone.localdate())
    page = look(signed_in(provider)).html.split('id="entitled"')[1].split("</section>")[0]
    assert f"Pre-primary education: {child.call_name}" in page
    assert "turns 6" in page


def test_who_is_entitled_to_nothing_is_told_so(provider: IdentityProvider) -> None:
    guardian, _child = a_guardian()
    Guardianship.objects.all().delete()
    keep_standing(day=timezone.localdate())
    assert "no service here that is meant for you now" in look(signed_in(provider)).html
    assert of(guardian) == []


def test_services_to_oneself_are_ones_own_and_come_first() -> None:
    guardian, child = a_guardian()
    a_rule(rule(asked("age", "at_least", 0)))
    mine = of(guardian)
    assert [one.child for one in mine] == ["", child.call_name]


def test_of_a_child_that_one_may_not_decide_for_or_who_is_shielded_nothing_is_said() -> None:
    guardian, child = a_guardian()
    assert len(of(guardian)) == 1
    Guardianship.objects.update(may_decide=False)
    assert of(guardian) == []
    Guardianship.objects.update(may_decide=True)
    protect(child)
    assert of(guardian) == []
