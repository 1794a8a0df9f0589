"""Which provider carries which message now: the first of its channel's that can and is there.

A text that asks for an answer by text goes only through a sender that can receive one. Everything
else may go through the next provider while the first one is away. Messages are chosen when they
are claimed, so a message is with one provider at a time, and what a provider may have taken is
asked about there before anybody else gets it.
"""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from offers.catalogue.placeholders import ANSWER_WORDS, ANSWERED_BY_TEXT
from offers.delivery.channels import automatic_channels, providers_of
from offers.models import Channel, ProviderHealth, ServiceText

LONGEST_AWAY = timedelta(hours=5)
"""A provider away for longer is not waited for: its messages go another way, or to a person."""


def cargo_of(channel: Channel, provider: str) -> Q | None:
    """The messages of the channel the provider may carry now; None for none.

    A provider that is away keeps its cargo, to be tried with; others may take it, too.
    """
    providers = providers_of(channel)
    if len(providers) == 1:
        return Q()
    away = set(ProviderHealth.objects.away().values_list("provider", flat=True))
    before = [each for each in providers[: _place(channel, provider)] if each.provider not in away]
    carries_questions = providers[_place(channel, provider)].receives_answers()
    questions = carries_questions and not any(each.receives_answers() for each in before)
    notices = not before
    if questions and notices:
        return Q()
    if not questions and not notices:
        return None
    return _asks_by_text() if questions else ~_asks_by_text()


def stranded() -> list[Q]:
    """The messages whose every provider has been away for long, as conditions on messages."""
    long_away = set(
        ProviderHealth.objects.away()
        .filter(away_since__lt=Now() - LONGEST_AWAY)
        .values_list("provider", flat=True)
    )
    if not long_away:
        return []
    conditions = []
    for channel in automatic_channels():
        providers = providers_of(channel)
        if {each.provider for each in providers} <= long_away:
            conditions.append(Q(channel=channel))
        elif (
            channel == Channel.SMS
            and {each.provider for each in providers if each.receives_answers()} <= long_away
        ):
            conditions.append(_asks_by_text())
    return conditions


def _place(channel: Channel, provider: str) -> int:
    return [each.provider for each in providers_of(channel)].index(provider)


def _asks_by_text() -> Q:
    """What a family is to answer by text: by its kind, or by the words it holds."""
    words = Q()
    for word in ANSWER_WORDS:
        words |= Q(body__contains=f"(({word}))")
    texts = ServiceText.objects.filter(
        words, service__rounds=OuterRef("round"), kind=OuterRef("kind"), channel=Channel.SMS
    )
    return Q(channel=Channel.SMS) & (Q(kind__in=ANSWERED_BY_TEXT) | Q(Exists(texts)))
