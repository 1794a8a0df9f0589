"""Rounds taken to a certain point by the services themselves."""

from datetime import datetime

from django.utils import timezone

from citizens.models import Person
from helsinki_proactive.staff.models import User
from offers.models import AnswerChannel, AnswerKind, Message, MessageState, Offer, Round, RoundState
from offers.replies.answers import record_answers
from offers.rounds.approval import approve_round, request_approval
from offers.rounds.generate import generate_offers
from offers.rounds.prepare import draw_up_list, prepare_round
from tests.rounds.city import a_round, a_user


def preparer() -> User:
    """Who prepares the rounds of these tests."""
    return a_user("caseworker")


def approver() -> User:
    """Who approves them."""
    return a_user("approver")


def prepared(round: Round | None = None) -> Round:
    """A round whose list is drawn up."""
    round = round or a_round()
    prepare_round(round=round, by=preparer())
    draw_up_list(round=round)
    round.refresh_from_db()
    assert round.state == RoundState.PREPARED, round.preview
    return round


def awaiting(round: Round | None = None) -> Round:
    """A round whose list is frozen."""
    return request_approval(round=prepared(round), by=preparer())


def approved(round: Round | None = None) -> Round:
    """A round that a second person has approved."""
    frozen = awaiting(round)
    return approve_round(round=frozen, digest=frozen.frozen_digest, by=approver())


def running(round: Round | None = None) -> Round:
    """A round whose offers are made."""
    ready = approved(round)
    generate_offers(round=ready)
    ready.refresh_from_db()
    assert ready.state == RoundState.RUNNING, ready.preview
    return ready


def answer(child: Person, kind: AnswerKind, *, at: datetime | None = None) -> None:
    """The child's first guardian answers the newest offer, by phone."""
    guardianship = child.guardians.select_related("guardian").earliest("pk")
    offer = Offer.objects.filter(subject__person=child).latest("pk")
    outcomes = record_answers(
        choices={offer.pk: kind},
        guardian=guardianship.guardian,
        channel=AnswerChannel.PHONE,
        proof=b"said",
        by=preparer(),
        now=at,
    )
    assert all(outcomes.values())


def hand_over_all(round: Round, *, delivered: bool = False) -> None:
    """Every queued message of the round has been taken by the provider (and has arrived)."""
    now = timezone.now()
    queued = list(Message.objects.filter(round=round, state=MessageState.QUEUED))
    messages = Message.objects.filter(pk__in=[message.pk for message in queued])
    messages.update(state=MessageState.SENDING, claimed_at=now, lease_until=now)
    messages.update(state=MessageState.SENT, sent_at=now, lease_until=None)
    for message in queued:
        Message.objects.filter(pk=message.pk).update(provider="test", provider_id=f"SM{message.pk}")
    if delivered:
        messages.update(state=MessageState.DELIVERED, final_at=now)
