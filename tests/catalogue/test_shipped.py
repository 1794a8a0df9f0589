"""The services that are shipped, and what loading them does."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from citizens.languages import FAMILY_LANGUAGES
from consents.models import LegalBasis
from helsinki_proactive.simulator.replies import START_WORDS
from offers.catalogue.files import PLACEMENT_CRITERIA
from offers.catalogue.load import load_catalogue
from offers.catalogue.placeholders import PLACEHOLDERS, PROVIDERS_OWN, check_text
from offers.delivery import segments
from offers.delivery.codes import STOP_WORDS
from offers.delivery.texts import WORDS
from offers.eligibility.select import matching
from offers.eligibility.versions import approve_rule, fingerprint, propose_rule
from offers.models import Channel, EligibilityRule, Sensitivity, Service, ServiceText, TextKind
from offers.placement.criteria import CRITERIA
from offers.replies.reading import Reading, read_reply
from tests.catalogue.folders import a_catalogue, edited
from tests.eligibility.people import a_person
from tests.rounds.city import a_user

pytestmark = pytest.mark.django_db
ORDINARY = {
    "child": "Aino",
    "unit": "Päiväkoti Kannel",
    "address": "Kanneltie 15",
    "begins": "11.8.2027",
    "deadline": "15.2.2027",
    "link": "https://palvelut.hel.fi/o/Zk3v9Qx1Tn7LbYw2Hc5RsA",
    "accept_word": "KYLLÄ",
    "decline_word": "EI",
    "city_phone": "09 310 8600",
    "time": "3.3.2027 klo 14.30",
    "places": "A Aino: Päiväkoti Kannel; B Eino: Päiväkoti Susanna",
}


def filled(body: str) -> str:
    return re.sub(r"\(\((\w+)\)\)", lambda found: ORDINARY[found[1]], body)


def test_a_second_loading_changes_nothing() -> None:
    assert load_catalogue().changes
    assert load_catalogue().changes == []


def test_at_least_seven_services_no_two_with_the_same_shape_of_rule() -> None:
    load_catalogue()
    shapes = [
        sorted(
            tuple(sorted((one["attribute"], one["operator"]) for one in group["any"]))
            for group in criteria["all"]
        )
        for criteria in EligibilityRule.objects.values_list("criteria", flat=True)
    ]
    operators = [
        [[operator for _attribute, operator in group] for group in shape] for shape in shapes
    ]
    assert len(shapes) >= 7
    assert all(operators.count(shape) == 1 for shape in operators)


def test_no_two_services_offer_in_the_same_words() -> None:
    load_catalogue()
    offers = ServiceText.objects.filter(kind__in=[TextKind.OFFER, TextKind.ACCEPTED])
    bodies = list(offers.values_list("body", flat=True))
    assert len(bodies) == len(set(bodies))


def test_every_service_has_every_text_in_every_language_and_a_basis_in_force() -> None:
    load_catalogue()
    for service in Service.objects.all():
        for channel in {"email", *service.channels} - {"suomifi", "letter"}:
            per_language = [
                set(
                    service.texts.filter(channel=channel, language=language).values_list(
                        "kind", flat=True
                    )
                )
                for language in FAMILY_LANGUAGES
            ]
            assert per_language[0] == per_language[1] == per_language[2]
            assert TextKind.OFFER in per_language[0]
        bases = LegalBasis.objects.in_force_on(timezone.localdate())
        operations = set(bases.filter(purpose=service.purpose).values_list("operation", flat=True))
        assert {"selecting", "contacting"} <= operations


def test_text_messages_are_gsm_7_and_the_finnish_preschool_offer_takes_two_segments() -> None:
    load_catalogue()
    for text in ServiceText.objects.filter(channel="sms"):
        counted = segments.count(filled(text.body))
        assert counted.encoding == "GSM-7", (text, counted.outside)
        assert counted.segments <= 3, (str(text), counted)
    offer = ServiceText.objects.get(
        service__code="preschool", kind=TextKind.OFFER, channel="sms", language="fi"
    )
    assert segments.count(filled(offer.body)).segments == 2


def test_the_placement_criteria_a_file_may_name_are_those_there_are() -> None:
    assert set(PLACEMENT_CRITERIA) == set(CRITERIA)


def test_a_new_service_is_a_folder_alone(tmp_path: Path) -> None:
    service = a_catalogue(tmp_path, "music_school") / "service.toml"
    edited(
        service, 'operator = "turns_in_year"\nvalue = 6', 'operator = "is_years"\nvalue = [7, 9]'
    )
    loaded = load_catalogue(folder=tmp_path)
    assert loaded.services == ["music_school"]
    person = a_person(birth_date=timezone.localdate().replace(day=1, year=2018))
    rule = EligibilityRule.objects.in_force().get(service__code="music_school")
    assert list(matching(rule.criteria, as_of=timezone.localdate())) == [person]


def test_changed_criteria_are_a_new_version_and_other_changes_are_not(tmp_path: Path) -> None:
    service = a_catalogue(tmp_path) / "service.toml"
    load_catalogue(folder=tmp_path)
    edited(service, "answer_days = 14", "answer_days = 21")
    assert load_catalogue(folder=tmp_path).changes == ["~ service preschool: answer_days"]
    edited(service, "value = 6", "value = 5")
    assert load_catalogue(folder=tmp_path).changes == ["+ rule preschool: version 2"]
    versions = EligibilityRule.objects.filter(service__code="preschool").order_by("version")
    assert [rule.criteria["all"][0]["any"][0]["value"] for rule in versions] == [6, 5]
    assert EligibilityRule.objects.in_force().get().version == 2


def written_in_the_admin(criteria: dict[str, object]) -> EligibilityRule:
    """A version that one employee wrote and another approved."""
    service = Service.objects.get(code="preschool")
    rule = propose_rule(service=service, criteria=criteria, by=a_user("writer"))
    return approve_rule(rule=rule, seen=fingerprint(rule), by=a_user("approver"))


OVER_SIX: dict[str, object] = {
    "all": [{"any": [{"attribute": "age", "operator": "at_least", "value": 6}]}]
}


def test_a_rule_that_a_person_changed_is_kept_and_said(tmp_path: Path) -> None:
    a_catalogue(tmp_path)
    load_catalogue(folder=tmp_path)
    theirs = written_in_the_admin(OVER_SIX)
    loaded = load_catalogue(folder=tmp_path)
    assert (loaded.kept, loaded.changes) == (["preschool: version 2"], [])
    assert EligibilityRule.objects.in_force().get() == theirs


def test_a_file_changed_since_waits_beside_a_persons_rule_for_approval(tmp_path: Path) -> None:
    service = a_catalogue(tmp_path) / "service.toml"
    load_catalogue(folder=tmp_path)
    theirs = written_in_the_admin(OVER_SIX)
    edited(service, "value = 6", "value = 5")
    loaded = load_catalogue(folder=tmp_path)
    assert loaded.changes == ["? rule preschool: version 3, waits for approval"]
    assert EligibilityRule.objects.in_force().get() == theirs
    assert load_catalogue(folder=tmp_path).changes == []
    proposal = EligibilityRule.objects.proposed().get()
    approve_rule(rule=proposal, seen=fingerprint(proposal), by=a_user("approver"))
    assert EligibilityRule.objects.in_force().get() == proposal
    assert load_catalogue(folder=tmp_path).kept == []


def test_a_file_that_goes_back_to_an_earlier_rule_is_followed(tmp_path: Path) -> None:
    service = a_catalogue(tmp_path) / "service.toml"
    load_catalogue(folder=tmp_path)
    edited(service, "value = 6", "value = 5")
    load_catalogue(folder=tmp_path)
    edited(service, "value = 5", "value = 6")
    load_catalogue(folder=tmp_path)
    rule = EligibilityRule.objects.in_force().get()
    assert (rule.version, rule.criteria["all"][0]["any"][0]["value"]) == (3, 6)


def test_a_text_gone_from_the_file_is_gone(tmp_path: Path) -> None:
    texts = a_catalogue(tmp_path) / "texts"
    (texts / "so.toml").write_text('[accepted]\nsms = "Mahadsanid! ((link))"\n')
    load_catalogue(folder=tmp_path)
    assert ServiceText.objects.filter(language="so").count() > 0
    (texts / "so.toml").unlink()
    load_catalogue(folder=tmp_path)
    assert not ServiceText.objects.filter(language="so").exists()


def test_a_dry_run_shows_what_would_change_and_changes_nothing() -> None:
    shown = StringIO()
    call_command("load_catalogue", dry_run=True, stdout=shown)
    assert "+ service preschool" in shown.getvalue()
    assert "nothing written" in shown.getvalue()
    assert not Service.objects.exists()


def test_loading_warns_of_a_rule_that_means_nobody_or_everybody(tmp_path: Path) -> None:
    service = a_catalogue(tmp_path) / "service.toml"
    a_person(birth_date=timezone.localdate().replace(day=1, year=1960))
    assert "preschool selects nobody today" in loaded_aloud(tmp_path)
    assert "selects" not in loaded_aloud(tmp_path)
    edited(
        service, 'operator = "turns_in_year"\nvalue = 6', 'operator = "is_years"\nvalue = [1, 99]'
    )
    assert "preschool selects everybody who lives here today" in loaded_aloud(tmp_path)


def loaded_aloud(folder: Path) -> str:
    shown = StringIO()
    call_command("load_catalogue", folder=folder, stdout=shown)
    return shown.getvalue()


def test_no_text_asks_for_a_word_that_the_provider_takes_itself() -> None:
    """The words of all services in all languages, and the list is the one we act on."""
    load_catalogue()
    assert STOP_WORDS["twilio"] | START_WORDS <= PROVIDERS_OWN
    asked = {word for words in WORDS.values() for word in (words.accept, words.decline)}
    for text in ServiceText.objects.filter(channel=Channel.SMS):
        asked |= set(re.findall(r"\b[A-ZÅÄÖ]{2,}\b", text.body))
    assert {"KYLLÄ", "ACCEPT", "LOPETA", "SLUTA"} <= asked
    assert not asked & PROVIDERS_OWN


@pytest.mark.parametrize("word", ["STOP", "END", "YES", "HELP"])
def test_a_text_that_asks_for_such_a_word_is_refused(word: str) -> None:
    body = f"((accept_word)) ((decline_word)) ((link)) ((deadline)) Reply {word}."

    def problems(channel: Channel) -> list[str]:
        return check_text(
            body,
            kind=TextKind.OFFER,
            channel=channel,
            sensitivity=Sensitivity.ORDINARY,
            allowed=PLACEHOLDERS.keys(),
        )

    assert word in problems(Channel.SMS)[0]
    assert problems(Channel.EMAIL) == []


@pytest.mark.parametrize(
    ("words", "language"), [("NO TEXTS", "en"), ("LOPETA", "fi"), ("SLUTA", "sv")]
)
def test_the_words_that_end_messages_are_understood(words: str, language: str) -> None:
    assert read_reply(words, language=language).reading is Reading.STOP
