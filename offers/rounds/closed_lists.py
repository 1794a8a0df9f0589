"""Erasing the list of a round whose time is over: facts and reasons, then offers and people.

The round stays, with what came of it in numbers. What somebody has answered is sealed: that offer
and its subject stay, as ids, until the seal's block goes (``pruning``); the next night takes them.
"""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from offers.models import (
    Answer,
    Link,
    Message,
    MessageOffer,
    Offer,
    Rating,
    Reply,
    ReviewCase,
    Round,
    Subject,
    UnitLook,
)
from offers.rounds.figures import figures, timeline


@transaction.atomic
def begin_erasing(round: Round, *, now: datetime) -> None:
    """From now on the list may be erased: what came of it is counted for the last time."""
    held = Round.objects.select_for_update().get(pk=round.pk)
    if held.erased_at is not None:
        return
    held.final_figures = {
        "figures": asdict(figures(held)),
        "timeline": [row | {"at": row["at"].isoformat()} for row in timeline(held)],
    }
    held.preview.pop("samples", None)
    held.erased_at = now
    held.save(update_fields=["final_figures", "preview", "erased_at"])


def with_facts(rounds: QuerySet[Round]) -> QuerySet[Subject]:
    """Whose facts, and the reason for whose seat, are still there."""
    told = ~Q(facts={}) | ~Q(placement={}) | Q(distance_m__isnull=False)
    return Subject.objects.filter(told, round__in=rounds)


def forget_facts(subjects: Collection[int]) -> None:
    """Empty the facts and reasons of these subjects (ids)."""
    Subject.objects.filter(pk__in=subjects).update(facts={}, placement={}, distance_m=None)


def unsealed(rounds: QuerySet[Round]) -> QuerySet[Subject]:
    """Subjects to whom nothing refers that is sealed."""
    answers = Answer.objects.filter(offer__subject=OuterRef("pk"))
    return Subject.objects.filter(~Exists(answers), round__in=rounds)


def delete_subjects(subjects: Collection[int]) -> None:
    """Delete these subjects (ids), with their offers, what was wished of them and their cases."""
    ReviewCase.objects.filter(Q(subject__in=subjects) | Q(offer__subject__in=subjects)).delete()
    MessageOffer.objects.filter(offer__subject__in=subjects).delete()
    Offer.objects.filter(subject__in=subjects).delete()
    Subject.objects.filter(pk__in=subjects).delete()


def loose_messages(rounds: QuerySet[Round]) -> QuerySet[Message]:
    """Messages whose offers are gone, or that spoke of none."""
    about = MessageOffer.objects.filter(message=OuterRef("pk"))
    return Message.objects.filter(~Exists(about), round__in=rounds)


def delete_messages(messages: Collection[int]) -> None:
    """Delete these messages (ids), with their receipts and cases."""
    ReviewCase.objects.filter(message__in=messages).delete()
    Message.objects.filter(pk__in=messages).delete()


def loose_replies(rounds: QuerySet[Round]) -> QuerySet[Reply]:
    """Replies that no answer and no message refers to."""
    answers = Answer.objects.filter(reply=OuterRef("pk"))
    responses = Message.objects.filter(in_reply_to=OuterRef("pk"))
    return Reply.objects.filter(~Exists(answers), ~Exists(responses), round__in=rounds)


def delete_replies(replies: Collection[int]) -> None:
    """Delete these replies (ids), with their cases."""
    ReviewCase.objects.filter(reply__in=replies).delete()
    Reply.objects.filter(pk__in=replies).delete()


def rest_of(rounds: QuerySet[Round]) -> list[QuerySet[Any]]:
    """Rows of the rounds that can go one by one: to them nothing refers."""
    of_rounds: tuple[Any, ...] = (ReviewCase, Link, Rating, UnitLook)
    return [model.objects.filter(round__in=rounds) for model in of_rounds]
