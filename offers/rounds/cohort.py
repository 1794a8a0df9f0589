"""Who a round is about: selected, checked and gathered into families, set by set."""

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from citizens.models import ContactPoint, Guardianship, Person, is_shielded
from citizens.models.people import has_postal_address
from consents.models import Objection
from offers.delivery.contacts import usable
from offers.eligibility.consenting import consenting
from offers.eligibility.explain import with_facts
from offers.eligibility.select import insert_select, matching, refresh_statistics
from offers.models import (
    Channel,
    Exclusion,
    Outcome,
    Recipient,
    Round,
    RoundState,
    Service,
    Subject,
)

UNDER_WAY = (RoundState.AWAITING, RoundState.APPROVED, RoundState.RUNNING, RoundState.CLOSED)

NO_SEAT_KEPT = (Exclusion.PROTECTED, Exclusion.BY_HAND, Exclusion.OBJECTED)
"""A person places these, if anybody; for all others a seat is reserved."""

CONTACTED = (Exclusion.NONE, Exclusion.NO_SEAT)
"""These are written to once a seat is offered to them."""

FIRST_OUTCOME = {
    Exclusion.NONE: Outcome.PENDING,
    Exclusion.PROTECTED: Outcome.HANDLED_BY_PERSON,
    Exclusion.BY_HAND: Outcome.HANDLED_BY_PERSON,
    Exclusion.OBJECTED: Outcome.OBJECTED,
    Exclusion.NO_GUARDIAN: Outcome.HANDLED_BY_PERSON,
    Exclusion.NO_CONTACT: Outcome.HANDLED_BY_PERSON,
    Exclusion.NO_SEAT: Outcome.WAITING_FOR_SEAT,
}


def in_another_round(round: Round) -> QuerySet[Subject]:
    """Subjects of other rounds of the same service for the same period, under way or closed."""
    return Subject.objects.filter(
        round__service=round.service_id, round__period=round.period, round__state__in=UNDER_WAY
    ).exclude(round=round)


def select_subjects(round: Round) -> int:
    """Make a subject of everybody the rule selects, with the facts as they are; returns how many.

    Whoever already is in another round of the service for the same period is left out.
    """
    criteria = _rule_of(round).criteria
    elsewhere = in_another_round(round).filter(person=OuterRef("pk"))
    people = matching(criteria, as_of=round.as_of).filter(~Exists(elsewhere))
    people = consenting(people, round.service)
    columns: dict[str, Any] = {
        "round": Value(round.pk),
        "person": F("pk"),
        "family": F("pk"),
        "exclusion": Value(Exclusion.NONE.value),
        "facts": F("facts"),
        "placement": Value({}, Subject._meta.get_field("placement")),
        "outcome": Value(Outcome.PENDING.value),
        "outcome_at": Value(timezone.now()),
        "owner": Value(round.prepared_by_id),
        "due_on": Value(timezone.localdate(round.deadline_at)),
    }
    selected = insert_select(Subject, with_facts(people, criteria, as_of=round.as_of), columns)
    refresh_statistics(Subject)
    return selected


def _rule_of(round: Round) -> Any:
    assert round.rule is not None  # noqa: S101 - chosen when the preparation began
    return round.rule


def exclude(round: Round) -> None:
    """Write for each subject why it gets no automatic message, if so. One statement."""
    service = round.service
    today = timezone.localdate()
    recipients, who = _recipients(service, today)
    alive = recipients.filter(**{f"{who}died_on": None, f"{who}gone_at": None})
    unprotected = alive.filter(**{f"{who}protected": False})
    objections = Objection.objects.standing().filter(purpose=service.purpose_id)
    willing = unprotected.filter(~Exists(objections.filter(person=OuterRef(f"{who}pk"))))
    reachable = willing.filter(_has_a_way(service, who))
    person = Person.objects.filter(pk=OuterRef("person_id"))
    objects = Exists(objections.filter(person=OuterRef("person_id")))
    reasons = {
        Exclusion.PROTECTED: is_shielded("person", on=today)
        | (Exists(alive) & ~Exists(unprotected)),
        Exclusion.BY_HAND: Q(Exists(person.filter(place_by_hand=True))),
        Exclusion.OBJECTED: objects | (Exists(unprotected) & ~Exists(willing)),
        Exclusion.NO_GUARDIAN: ~Exists(alive),
        Exclusion.NO_CONTACT: ~Exists(reachable),
    }
    subjects = Subject.objects.filter(round=round)
    subjects.update(
        exclusion=Case(
            *(When(condition, then=Value(reason.value)) for reason, condition in reasons.items()),
            default=Value(""),
        )
    )
    write_first_outcomes(round)


def _has_a_way(service: Service, who: str) -> Q:
    """Whether the person at this path can be written to in any of the service's ways."""
    contacts = ContactPoint.objects.healthy().filter(kind__in=service.channels)
    ways = Q(Exists(contacts.filter(person=OuterRef(f"{who}pk"))))
    channels = usable(service.channels)
    if Channel.SUOMIFI in channels:
        ways |= Q(**{f"{who}identity_code__isnull": False})
    if Channel.LETTER in channels:
        ways |= has_postal_address(who)
    return ways


def _recipients(service: Service, day: date) -> tuple[QuerySet[Any], str]:
    """Who decides for a subject of an outer query, and the path from there to the person."""
    if service.recipient == Recipient.SELF:
        return Person.objects.filter(pk=OuterRef("person_id")), ""
    guardians = Guardianship.objects.valid_on(day).may_decide()
    return guardians.filter(child=OuterRef("person_id")), "guardian__"


def write_first_outcomes(round: Round) -> None:
    """Where each subject's story begins follows from why it is not contacted."""
    Subject.objects.filter(round=round).update(
        outcome=Case(
            *(
                When(exclusion=exclusion.value, then=Value(outcome.value))
                for exclusion, outcome in FIRST_OUTCOME.items()
            ),
            output_field=CharField(),
        )
    )


def gather_families(round: Round) -> None:
    """Give the children who share a deciding guardian, directly or by a chain, one family.

    A family is named by its lowest person id; without guardians everybody is a family.
    """
    if round.service.recipient == Recipient.SELF:
        return
    deciding = (
        Guardianship.objects.valid_on(timezone.localdate())
        .may_decide()
        .filter(child__subjects__round=round)
        .values("child_id", "guardian_id")
    )
    sql, params = deciding.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE deciding(child_id, guardian_id) AS MATERIALIZED ({sql}),
            tie AS (
                SELECT DISTINCT one.child_id AS child, other.child_id AS other
                FROM deciding one JOIN deciding other USING (guardian_id)
            ),
            reach AS (
                SELECT child, other FROM tie
                UNION
                SELECT reach.child, tie.other FROM reach JOIN tie ON tie.child = reach.other
            )
            UPDATE offers_subject subject SET family = family.name
            FROM (SELECT child, min(other) AS name FROM reach GROUP BY child) family
            WHERE subject.round_id = %s AND subject.person_id = family.child
            AND subject.family <> family.name
            """,
            (*params, round.pk),
        )
