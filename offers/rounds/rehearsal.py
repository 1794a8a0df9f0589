"""What a round would send, found out by making it all and taking it back.

The rehearsal runs the very code that makes the offers and renders the messages, in a transaction
that is rolled back: what it counts is what will go out.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Case, F, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from citizens.languages import FAMILY_LANGUAGES
from offers.delivery.errors import TextRefusedError
from offers.delivery.texts import Rendered, render_messages
from offers.models import Message, MessageOffer, MessageState, Round
from offers.rounds.generate import make_offers, queue_offer_messages

BATCH = 500
SAMPLES = 3
"""Rendered samples in each language."""

Spoken = tuple[Message, Rendered | TextRefusedError, list[int]]
"""A message, its words, and the subjects it speaks of (person ids)."""


@dataclass
class Rehearsal:
    """``messages`` and ``segments`` by (channel, language); ``refused`` texts by reason.

    ``samples`` by language: channel, subject line and body, and the people they speak of or to.
    """

    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    segments: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def rehearse(round: Round) -> Rehearsal:
    """Make, render and count everything the round would send; nothing of it stays.

    Raises SeatsGoneError if the list's seats are not free any more.
    """
    rehearsal = Rehearsal()
    with transaction.atomic():
        make_offers(round, timezone.now())
        queue_offer_messages(round)
        for batch in _batches(round):
            for message, rendered, _people in _render(batch):
                _count(rehearsal, message, rendered)
        for language in FAMILY_LANGUAGES:
            rehearsal.samples[language] = _samples(round, language)
        transaction.set_rollback(True)
    return rehearsal


def _batches(round: Round) -> Iterator[list[Message]]:
    batch: list[Message] = []
    waiting = Message.objects.filter(round=round, state=MessageState.QUEUED)
    for message in waiting.iterator(chunk_size=BATCH):
        message.round = round  # asked for with each message's text
        batch.append(message)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _render(messages: Sequence[Message]) -> Iterator[Spoken]:
    about: dict[int, list[int]] = {message.pk: [] for message in messages}
    people: dict[int, list[int]] = {message.pk: [message.person_id] for message in messages}
    spoken_of = MessageOffer.objects.filter(message__in=about)
    for message_id, offer_id, person_id in spoken_of.values_list(
        "message", "offer", "offer__subject__person"
    ):
        about[message_id].append(offer_id)
        people[message_id].append(person_id)
    rendered = render_messages(messages, about=about)
    for message in messages:
        yield message, rendered[message.pk], people[message.pk]


def _count(rehearsal: Rehearsal, message: Message, rendered: Rendered | TextRefusedError) -> None:
    if isinstance(rendered, TextRefusedError):
        rehearsal.refused[rendered.reason] += 1
        return
    way = (message.channel, message.language)
    rehearsal.messages[way] += 1
    rehearsal.segments[way] += rendered.segments


def _samples(round: Round, language: str) -> list[dict[str, Any]]:
    """Real messages in ``language``, of each channel in turn.

    Where too few families are written to in it, other families' messages are shown in it.
    """
    ways = [F("language"), F("channel")]
    turn = Window(RowNumber(), partition_by=ways, order_by=F("pk").asc())
    others = Case(When(language=language, then=0), default=1)
    queued = Message.objects.filter(round=round).select_related("round__service")
    first = queued.annotate(turn=turn).filter(turn__lte=SAMPLES)
    chosen = list(first.order_by(others, "turn", "channel")[:SAMPLES])
    for message in chosen:
        message.language = language
    return [
        {
            "channel": message.channel,
            "subject": rendered.subject,
            "body": rendered.body,
            "people": people,
        }
        for message, rendered, people in _render(chosen)
        if isinstance(rendered, Rendered)
    ]
