"""What a citizen sees and says: one's own, never another household's, and only one's rights."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from citizens.models import Attribute, ContactPoint, Guardianship, Person, RegisteredFact
from consents.models import (
    ChannelChoice,
    ConsentEvent,
    ConsentNotice,
    LegalBasis,
    Objection,
    ProcessingKind,
    Purpose,
)
from consents.services.processing import open_processing, record_use
from consents.services.receipts import is_genuine
from offers.models import EligibilityRule, Link
from tests.casework.staff import employee
from tests.delivery.world import a_running_round, tell
from tests.identity_provider import IdentityProvider
from tests.my.citizens import CODE, OTHER_CODE, look, press, signed_in, statements, with_code
from tests.rounds.city import a_family, a_person, a_phone, preschool, seats

pytestmark = pytest.mark.django_db


def a_told_family(guardians: int = 2) -> tuple[Person, list[Person]]:
    """A child with an offer that the guardians have been told of; the first can sign in."""
    [child] = a_family(guardians=guardians)
    tell(a_running_round([child], places=[seats(1)]))
    told = list(Person.objects.filter(guardianships__child=child).order_by("pk"))
    for person, code in zip(told, (CODE, OTHER_CODE), strict=False):
        with_code(person, code)
    return child, told


def purpose_on(*kinds: str) -> Purpose:
    """Preschool's purpose, standing on these kinds of basis alone."""
    purpose = preschool().purpose
    basis = LegalBasis.objects.filter(purpose=purpose).earliest("pk")
    LegalBasis.objects.filter(purpose=purpose).exclude(pk=basis.pk).delete()
    for number, kind in enumerate(kinds):
        if number:
            basis.pk, basis.in_force_from = None, basis.in_force_from + timedelta(days=1)
        basis.kind = kind
        basis.save()
    return purpose


def may_say(client: Client, purpose: Purpose) -> list[str]:
    """What the page lets one say about this purpose."""
    html = look(client).html
    mine = html.split(f'aria-labelledby="purpose-{purpose.pk}"')[1].split("</article>")[0]
    return [word for word in ("object", "lift", "give", "withdraw") if f'value="{word}"' in mine]


def test_a_guardian_sees_the_offer_why_it_was_made_and_its_rule(
    provider: IdentityProvider,
) -> None:
    child, _told = a_told_family()
    page = look(signed_in(provider))
    assert child.call_name in page.words
    assert "Waiting for an answer" in page.words
    assert "turns 6" in page.words
    assert "Version 1 of the rule" in page.words


def test_why_stays_as_it_was_when_the_rule_changes(provider: IdentityProvider) -> None:
    a_told_family()
    client = signed_in(provider)
    rule = preschool().rules.in_force().get()
    EligibilityRule.objects.create(
        service=preschool(),
        version=rule.version + 1,
        criteria=[{"any": [{"attribute": "age", "operator": "at_least", "value": 60}]}],
        from_file=True,
        approved_at=timezone.now(),
    )
    page = look(client)
    assert "turns 6" in page.words
    assert "60" not in page.words.split("Why this was offered")[1].split("of the rule")[0]


def test_the_offer_s_own_page_opens_and_a_stranger_s_does_not(provider: IdentityProvider) -> None:
    child, _told = a_told_family()
    client = signed_in(provider)
    own = child.subjects.get().offers.get()
    page = press(client, "offer", offer=own.pk)
    assert page.buttons[:2] == ["accept", "decline"]
    [stranger] = a_family()
    tell(a_running_round([stranger], places=[seats(1)]))
    strange = stranger.subjects.get().offers.get()
    links = Link.objects.count()
    assert press(client, "offer", offer=strange.pk).status == 404
    assert press(client, "offer", offer="x").status == 404
    assert Link.objects.count() == links


def test_nothing_of_the_other_guardian_is_on_the_page_or_in_the_file(
    provider: IdentityProvider,
) -> None:
    _child, [mine, other] = a_told_family()
    other.first_names, other.postal_code = "Toinenhuoltaja", "00999"
    other.set_address("Salakatu 5")
    other.save()
    a_phone(other)
    number = ContactPoint.objects.filter(person=other).latest("pk").unseal("value")
    client = signed_in(provider)
    file = client.get(reverse("my:export", args=["en"])).content.decode()
    for shown in (look(client).html, file):
        assert mine.full_name in shown
        for secret in ("Toinenhuoltaja", "Salakatu", "00999", number):
            assert secret not in shown


@pytest.mark.parametrize("protected", ["child", "other", "own"])
def test_with_a_non_disclosure_order_in_the_family_it_is_as_if_there_were_no_offer(
    protected: str, provider: IdentityProvider
) -> None:
    child, [mine, other] = a_told_family()
    unit = child.subjects.get().capacity
    assert unit is not None
    client = signed_in(provider)
    assert unit.unit.name["en"] in look(client).words
    whose = {"child": child, "other": other, "own": mine}[protected]
    Person.objects.filter(pk=whose.pk).update(protected=True)
    page, file = look(client), client.get(reverse("my:export", args=["en"])).json()
    assert "Nothing has been offered to you here." in page.words
    assert unit.unit.name["en"] not in page.words
    assert file["offers"] == []
    assert ("Non-disclosure" in page.words) is (protected == "own")


def test_refusals_look_alike_whoever_is_protected(provider: IdentityProvider) -> None:
    child, [_mine, other] = a_told_family()
    client = signed_in(provider)
    offer = child.subjects.get().offers.get()
    said = {press(client, "offer", offer=10**9).words}
    for whose in (child, other):
        Person.objects.update(protected=False)
        Person.objects.filter(pk=whose.pk).update(protected=True)
        said.add(press(client, "offer", offer=offer.pk).words)
    assert len(said) == 1


def test_who_is_no_longer_guardian_sees_the_offer_no_more(provider: IdentityProvider) -> None:
    child, [mine, _other] = a_told_family()
    client = signed_in(provider)
    yesterday = timezone.localdate() - timedelta(days=1)
    Guardianship.objects.filter(guardian=mine).update(valid_until=yesterday)
    page = look(client)
    assert child.call_name not in page.words
    assert press(client, "offer", offer=child.subjects.get().offers.get().pk).status == 404


def test_registered_facts_are_shown_with_their_register(provider: IdentityProvider) -> None:
    person = with_code(a_person())
    label = dict.fromkeys(("fi", "sv", "en"), "Permit zone")
    attribute = Attribute.objects.create(
        code="zone", value_type="text", source="parking_register", label=label
    )
    RegisteredFact.objects.create(
        person=person, attribute=attribute, text="K7", as_of=timezone.localdate()
    )
    words = look(signed_in(provider)).words
    assert "Permit zone K7 (parking permit register)" in words
    assert f"{CODE} (Population Information System)" in words


def test_uses_say_when_for_what_and_which_department_never_which_employee(
    provider: IdentityProvider,
) -> None:
    person = with_code(a_person())
    user = employee("caseworker")
    type(user).objects.update(first_name="Salainen", last_name="Virkailija")
    purpose = preschool().purpose
    viewing = open_processing(
        purpose=purpose, kind=ProcessingKind.VIEWING, by=user, reason="a call"
    )
    record_use(processing=viewing, people=Person.objects.filter(pk=person.pk))
    client = signed_in(provider)
    words = look(client).words
    day = timezone.localdate()
    assert f"{day.day}.{day.month}.{day.year}" in words
    assert "An employee looked at your data" in words
    assert "Education Division" in words
    file = client.get(reverse("my:export", args=["en"])).content.decode()
    for shown in (words, file):
        assert "Salainen" not in shown
        assert "caseworker" not in shown
    assert len(json.loads(file)["uses"]) == 1


@pytest.mark.parametrize(
    ("kinds", "rights"),
    [
        (["public_task"], ["object"]),
        (["legal_obligation"], []),
        (["consent"], ["give"]),
        (["public_task", "consent"], ["object", "give"]),
        (["legal_obligation", "public_task"], ["object"]),
    ],
)
def test_the_basis_decides_what_may_be_said(
    kinds: list[str], rights: list[str], provider: IdentityProvider
) -> None:
    purpose = purpose_on(*kinds)
    with_code(a_person())
    client = signed_in(provider)
    assert may_say(client, purpose) == rights
    for statement in {"object", "lift", "give", "withdraw"} - set(rights):
        said = press(client, "say", purpose=purpose.pk, statement=statement)
        assert said.status == 409
    assert not Objection.objects.exists()
    assert not ConsentEvent.objects.exists()


def test_an_objection_works_once_and_can_be_taken_back(provider: IdentityProvider) -> None:
    purpose = purpose_on("public_task")
    person = with_code(a_person())
    client = signed_in(provider)
    said = press(client, "say", purpose=purpose.pk, statement="object")
    assert "Your objection has been recorded." in said.words
    assert press(client, "say", purpose=purpose.pk, statement="object").status == 409
    assert Objection.objects.standing().filter(person=person, purpose=purpose).count() == 1
    assert may_say(client, purpose) == ["lift"]
    press(client, "say", purpose=purpose.pk, statement="lift")
    assert not Objection.objects.standing().exists()


def test_a_consent_is_to_the_very_words_that_were_shown(provider: IdentityProvider) -> None:
    purpose = purpose_on("consent")
    person = with_code(a_person())
    client = signed_in(provider)
    notice = look(client).html.split('name="notice" value="')[1].split('"')[0]

    press(client, "say", purpose=purpose.pk, statement="give", notice=notice)

    event = ConsentEvent.objects.standing().get(person=person)
    kept = ConsentNotice.objects.get()
    assert (event.notice_hash, event.notice_version, event.language) == (notice, "1", "en")
    assert kept.sha256 == notice
    assert "I consent to the City of Helsinki" in kept.text
    file = client.get(reverse("my:export", args=["en"])).json()
    assert is_genuine(file["consents"][0]["receipt"])
    assert may_say(client, purpose) == ["withdraw"]
    press(client, "say", purpose=purpose.pk, statement="withdraw")
    assert not ConsentEvent.objects.standing().exists()


def test_a_consent_to_words_that_have_changed_is_not_recorded(provider: IdentityProvider) -> None:
    purpose = purpose_on("consent")
    with_code(a_person())
    client = signed_in(provider)
    notice = look(client).html.split('name="notice" value="')[1].split('"')[0]
    LegalBasis.objects.filter(purpose=purpose).update(retention_days=9999)
    said = press(client, "say", purpose=purpose.pk, statement="give", notice=notice)
    assert said.status == 409
    assert "Nothing was changed" in said.words
    assert not ConsentEvent.objects.exists()


def test_one_chooses_among_the_channels_that_work(provider: IdentityProvider) -> None:
    person = with_code(a_person())
    a_phone(person)
    client = signed_in(provider)
    assert press(client, "channel", channel="email").status == 409
    assert "From now on we write to you this way" in press(client, "channel", channel="sms").words
    assert ChannelChoice.objects.get(person=person).channels == ["sms"]


def test_looking_and_saving_the_file_write_nothing_of_the_citizen(
    provider: IdentityProvider,
) -> None:
    a_told_family()
    client = signed_in(provider)
    before = Link.objects.count(), Objection.objects.count(), ConsentNotice.objects.count()
    look(client)
    client.get(reverse("my:export", args=["en"]))
    after = Link.objects.count(), Objection.objects.count(), ConsentNotice.objects.count()
    assert after == before


@pytest.mark.parametrize(("language", "words"), [("fi", "Kirjaudu ulos"), ("sv", "Logga ut")])
def test_the_page_speaks_the_family_s_languages(
    language: str, words: str, provider: IdentityProvider
) -> None:
    preschool()
    with_code(a_person())
    page = look(signed_in(provider), language)
    assert f'<html lang="{language}">' in page.html
    assert words in page.words
    assert statements(page)


def test_an_unknown_language_is_no_page() -> None:
    assert Client().get("/my/xx/").status_code == 404


def test_the_address_without_a_language_leads_to_the_browser_s() -> None:
    response = Client(headers={"accept-language": "sv"}).get("/my/")
    assert response["Location"] == "/my/sv/"
