"""The transparency register: what each service does by itself, from the same rows that run it.

An entry has the field names of the Algorithmic Transparency Standard, version 0.3.1, of Eurocities
and the Dutch municipalities. A round of a service whose entry is not complete is never approved.
"""

import tomllib
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max, Min
from django.utils import timezone, translation

from citizens.attributes import source_name
from citizens.languages import FAMILY_LANGUAGES, say
from consents.models import LegalBasis, Operation
from offers.catalogue.criteria import Criterion, parse_criteria
from offers.eligibility.say import sentences
from offers.models import (
    Channel,
    EligibilityRule,
    Makes,
    Round,
    RoundState,
    Sensitivity,
    Service,
    Silence,
)
from offers.rounds.figures import figures

STANDARD = "0.3.1"
LOOKED_THROUGH_EVERY = timedelta(days=365)
FEWEST_FAMILIES = 10
"""Of fewer no figures are published."""
SHORT = 150
SEEDS = 10

Entry = dict[str, Any]
WORDS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("register.toml").read_text(encoding="utf-8")
)


def published_services() -> list[Service]:
    """The services in use that contact people by themselves, by name."""
    services = Service.objects.filter(active=True).select_related("purpose")
    return sorted(services, key=lambda service: service.name["fi"])


def missing(service: Service, *, on: date) -> list[str]:
    """What the register lacks of the service, by field name; empty when it may start a round."""
    lacking = [] if service.domain else ["domain"]
    if service.makes == Makes.DECISION and not service.introduction_decision:
        lacking.append("decision_making_process")
    operations = set(_bases(service, on).values_list("operation", flat=True))
    needed = {Operation.SELECTING, Operation.CONTACTING}
    if service.needs_seat:
        needed.add(Operation.PLACING)
    if needed - operations:
        lacking.append("lawful_basis")
    if not EligibilityRule.objects.in_force().filter(service=service).exists():
        lacking.append("description")
    return lacking


def entry(service: Service, language: str, *, on: date) -> Entry:
    """The service in the register, in the language, with the standard's field names."""
    with translation.override(language):
        return _entry(service, language, on)


def _entry(service: Service, language: str, on: date) -> Entry:
    words = WORDS[language]
    rule = EligibilityRule.objects.in_force().filter(service=service).first()
    bases = list(_bases(service, on).order_by("operation", "source"))
    first, last = _dates(service)
    address = f"{settings.HP_PUBLIC_URL}/transparency/{language}/{service.code}/"
    criteria = rule.criteria if rule else {"all": []}
    return {
        "standard_version": STANDARD,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.HP_PUBLIC_URL}/{service.code}")),
        "lang": language,
        "publication_date": first.isoformat(),
        "last_change_date": last.isoformat(),
        "revision_date": (last + LOOKED_THROUGH_EVERY).isoformat(),
        "revision_note": words["revision_note"],
        "name": say(service.name, language),
        "organization": words["organization"],
        "department": say(service.purpose.department, language),
        "country": words["country"],
        "contact_email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "contact_phone": settings.CITY_PHONE,
        "description_short": _shortened(say(service.description, language)),
        "website": address,
        "status": "operational" if service.active else "retired",
        "decision_making_process": words[service.makes].format(
            address=service.introduction_decision
        ),
        "domain": service.domain,
        "area": words["area"],
        "goal": f"{say(service.purpose.name, language)}. {say(service.description, language)}",
        "impact": _impact(service, words),
        "risks": "\n".join(_risks(service, criteria, language)),
        "risk_category": "limited risk",
        "proportionality": words["proportionality"],
        "lawful_basis": "\n".join(_lawful(bases, words, language)),
        "training_data": words["training_data"],
        "source_data": "\n".join(_sources(criteria, language)),
        "data_bias": words["data_bias"],
        "connected_data_sources": ", ".join(
            dict.fromkeys(source_name(basis.source, language) for basis in bases)
        ),
        "description": "\n".join(
            [words["description"], *(sentences(criteria, language) if rule else ())]
        ),
        "algorithm_type": "rule-based",
        "methods_and_models": "\n".join(_methods(service, words)),
        "performance": _performance(service, words),
        "type": "prescriptive",
        "monitoring": words["monitoring"],
        "human_intervention": words["human"],
        "objection_procedure": words["objection"].format(
            phone=settings.CITY_PHONE, address=f"{settings.HP_PUBLIC_URL}/my/{language}/"
        ),
        "rollback": words["rollback"],
    }


def register(language: str, *, on: date) -> list[Entry]:
    """Every service in use, as published. ``language`` is one of the families' languages."""
    if language not in FAMILY_LANGUAGES:
        raise ValueError(language)
    return [entry(service, language, on=on) for service in published_services()]


def _bases(service: Service, on: date) -> Any:
    return LegalBasis.objects.in_force_on(on).filter(purpose=service.purpose_id)


def _dates(service: Service) -> tuple[date, date]:
    """When the service came into use, and when it or its rule last changed."""
    history = service.events.aggregate(first=Min("pgh_created_at"), last=Max("pgh_created_at"))  # type: ignore[attr-defined]
    approved = EligibilityRule.objects.filter(service=service).aggregate(at=Max("approved_at"))
    now = timezone.now()
    first = history["first"] or now
    last = max(moment for moment in (history["last"] or now, approved["at"]) if moment)
    return timezone.localdate(first), timezone.localdate(last)


def _shortened(text: str) -> str:
    """Whole sentences as far as the standard's 150 characters go, else its first words."""
    if len(text) <= SHORT:
        return text
    whole = text[:SHORT].rpartition(". ")[0]
    return f"{whole}." if whole else f"{text[: SHORT - 1].rpartition(' ')[0]}…"


def _impact(service: Service, words: dict[str, str]) -> str:
    names = dict(Channel.choices)
    channels = ", ".join(str(names[Channel(channel)]) for channel in service.channels)
    silence = words["silence_hold" if service.silence == Silence.HOLD else "silence_release"]
    return f"{words['impact'].format(channels=channels, days=service.answer_days)} {silence}"


def _risks(service: Service, criteria: object, language: str) -> Iterator[str]:
    words = WORDS[language]
    yield words["risk_registers"]
    asked = {one.attribute.code: one.attribute for one in _criteria(criteria)}
    sensitive = [say(one.label, language) for one in asked.values() if one.sensitive]
    if sensitive:
        yield words["risk_sensitive"].format(facts=", ".join(sensitive))
    if service.sensitivity == Sensitivity.DISCREET:
        yield words["risk_discreet"]
    if service.needs_seat:
        yield words["risk_seats"]
    yield words["risk_protected"]


def _criteria(criteria: object) -> Iterator[Criterion]:
    for group in parse_criteria(criteria):
        yield from group


def _sources(criteria: object, language: str) -> list[str]:
    """Each fact the rule asks for, and its register."""
    said = (
        f"{say(one.attribute.label, language)}: {source_name(one.attribute.source, language)}"
        for one in _criteria(criteria)
    )
    return list(dict.fromkeys(said))


def _lawful(bases: Iterable[LegalBasis], words: dict[str, str], language: str) -> Iterator[str]:
    for basis in bases:
        yield (
            f"{words[f'operation_{basis.operation}']} "
            f"({source_name(basis.source, language)}): {say(basis.statute, language)}; "
            f"{words['kept'].format(days=basis.retention_days)}; "
            f"{say(basis.recipients, language)}"
        )


def _methods(service: Service, words: dict[str, str]) -> Iterator[str]:
    """How people are chosen and places shared out, with the seeds of the last rounds' lotteries."""
    yield words["methods"]
    if not service.needs_seat:
        return
    yield words[f"methods_{service.placement.get('policy', 'stable')}"]
    approved = Round.objects.filter(service=service, approved_at__isnull=False)
    last = approved.order_by("-approved_at")[:SEEDS]
    seeds = [
        f"{timezone.localdate(round.approved_at).isoformat()}: {round.lottery_seed}"
        for round in last
        if round.approved_at
    ]
    yield words["methods_lot"].format(seeds=", ".join(seeds) or words["no_seeds"])


def _performance(service: Service, words: dict[str, str]) -> str:
    counted = [
        figures(round) for round in Round.objects.filter(service=service, state=RoundState.CLOSED)
    ]
    if sum(one.families for one in counted) < FEWEST_FAMILIES:
        return words["no_figures"]
    return words["figures"].format(
        rounds=len(counted),
        sent=sum(one.sent for one in counted),
        answered=sum(one.answered for one in counted),
        accepted=sum(one.accepted for one in counted),
    )
