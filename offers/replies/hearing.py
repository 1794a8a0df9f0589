"""Who may answer an offer, and what each of them has said so far."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from citizens.models import Guardianship
from offers.delivery.prepared import Prepared, listed
from offers.models import Answer, AnswerKind, Offer, Recipient


@dataclass(frozen=True)
class Heard:
    """Who decides (ids), and the latest answer of everybody who has ever given one."""

    deciders: frozenset[int]
    said: Mapping[int, AnswerKind]


def hear(offers: Collection[Offer], day: date) -> dict[int, Heard]:
    """For each offer (id) who may answer it on ``day`` and what was said, in one statement.

    Guardians with the right to decide, or the subject in person, as the service says. When it is
    asked after the offers are locked, nothing said while one waited for the lock is missed.
    """
    rows = _question(day).rows(offers=[offer.pk for offer in offers])
    asked = {offer.pk: offer for offer in offers}
    return {
        pk: Heard(
            _deciders(asked[pk], may_answer),
            {each["who"]: AnswerKind(each["kind"]) for each in map(json.loads, said)},
        )
        for pk, may_answer, said in rows
    }


@lru_cache(maxsize=2)
def _question(day: date) -> Prepared:
    guardians = (
        Guardianship.objects.valid_on(day)
        .may_decide()
        .filter(child=OuterRef("subject__person"), guardian__died_on=None, guardian__gone_at=None)
    )
    answers = Answer.objects.filter(offer=OuterRef("pk")).order_by("pk")
    return Prepared(
        Offer.objects.filter(listed("offers", Offer))
        .annotate(
            may_answer=ArraySubquery(guardians.values("guardian")),
            said=ArraySubquery(answers.values(answer=JSONObject(who="guardian", kind="kind"))),
        )
        .values_list("pk", "may_answer", "said")
    )


def _deciders(offer: Offer, guardians: Collection[int]) -> frozenset[int]:
    if offer.round.service.recipient == Recipient.SELF:
        return frozenset({offer.subject.person_id})
    return frozenset(guardians)
