"""What a caseworker does with a case of the queue."""

from collections.abc import Mapping
from datetime import date, datetime, time

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from citizens.disputes import settle
from citizens.models import ContactKind, ContactPoint, DisputedFact, DisputeOutcome, Person
from offers.delivery.bell import ring
from offers.delivery.errors import TextRefusedError
from offers.delivery.failures import give_up_number
from offers.delivery.outbox import queue_message
from offers.delivery.texts import render
from offers.models import (
    AnswerChannel,
    AnswerKind,
    CaseKind,
    Channel,
    Lane,
    Message,
    Offer,
    ReviewCase,
    TextKind,
)
from offers.replies.answers import AnswerOutcome, keyed_digest, record_answers

CALL_AT = time(9)
"""Until when on its day a call back is not late."""

ANSWERED_BY_IT = (
    CaseKind.UNANSWERED,
    CaseKind.UNCLEAR_REPLY,
    CaseKind.MIXED_REPLY,
    CaseKind.CALL_BACK,
    CaseKind.NO_CONTACT,
    CaseKind.REPLY_SLIP,
)
"""Cases that a family's clear answer brings to an end."""


class Resolution(TextChoices):
    """How a case came to its end."""

    ANSWER_RECORDED = "answer_recorded", _("an answer was recorded")
    ASKED_BACK = "asked_back", _("the family was asked back")
    CALL_BACK = "call_back", _("a call back was agreed")
    WRONG_NUMBER = "wrong_number", _("wrong number")
    NOT_ABOUT_OFFER = "not_about_offer", _("not about an offer")
    SEEN = "seen", _("seen, nothing to do")
    CORRECTED = "corrected", _("the fact was corrected in the register")
    STANDS = "stands", _("the fact stands as it is")


SETTLED = (Resolution.CORRECTED, Resolution.STANDS)


class CaseError(Exception):
    """Something cannot be done with the case; the message is meant for the caseworker."""


class CaseTakenError(CaseError):
    """A colleague has the case, or it is closed already."""

    def __init__(self) -> None:
        super().__init__(_gettext("A colleague has taken this case, or it is closed already."))


class NotDoneError(CaseError):
    """The answer could not be recorded, or there is nobody to write to."""


def take_case(*, case: ReviewCase, by: AbstractUser) -> bool:
    """Take an open case nobody has; whether it is ``by``'s now. Of two who try one gets it."""
    free = ReviewCase.objects.open().filter(Q(taken_by=None) | Q(taken_by=by.pk), pk=case.pk)
    return bool(free.update(taken_by=by.pk))


def give_back(*, case: ReviewCase, by: AbstractUser) -> bool:
    """Put one's case back into the queue."""
    return bool(ReviewCase.objects.open().filter(pk=case.pk, taken_by=by.pk).update(taken_by=None))


@transaction.atomic
def answer_for_guardian(
    *,
    case: ReviewCase,
    choices: Mapping[int, AnswerKind],
    guardian: Person,
    channel: AnswerChannel,
    said: str,
    by: AbstractUser,
) -> Mapping[int, AnswerOutcome]:
    """Record what a guardian told the caseworker about each offer, and close the case with it.

    ``said`` is kept as a keyed digest only. Raises CaseTakenError, and NotDoneError with the
    reason if no answer could be recorded.
    """
    _hold(case, by)
    outcomes = record_answers(
        choices=choices,
        guardian=guardian,
        channel=channel,
        proof=keyed_digest(f"{channel}:{by.pk}:{said}"),
        by=by,
    )
    if not any(outcomes.values()):
        raise NotDoneError(" ".join({str(o.refusal.label) for o in outcomes.values() if o.refusal}))
    _close(case, Resolution.ANSWER_RECORDED, by)
    settled = [pk for pk, outcome in outcomes.items() if outcome.changed]
    ReviewCase.objects.open().filter(offer__in=settled, kind__in=ANSWERED_BY_IT).update(
        closed_at=timezone.now(), closed_by=by.pk, resolution=Resolution.ANSWER_RECORDED.value
    )
    return outcomes


@transaction.atomic
def ask_back(*, case: ReviewCase, by: AbstractUser) -> Message:
    """Ask the family once more for a clear answer, in its own language, and close the case.

    What they answer then is read as always; if it is unclear again a person looks again. Raises
    CaseTakenError, and NotDoneError if they were never written to.
    """
    _hold(case, by)
    last = last_message(case)
    if last is None or last.contact_point is None:
        raise NotDoneError(_gettext("Nobody can be written to about this. Call them instead."))
    message = queue_message(
        person=last.person,
        contact_point=last.contact_point,
        kind=TextKind.ASK_AGAIN,
        channel=last.channel,
        language=last.language,
        lane=Lane.REPLIES,
        offers=list(Offer.objects.filter(messages=last).order_by("pk")),
        round=last.round,
        key=f"ask:{case.pk}",
        in_reply_to=case.reply,
    )
    _close(case, Resolution.ASKED_BACK, by)
    ring(Lane.REPLIES)
    return message


def wording_of_ask_back(*, case: ReviewCase, by: AbstractUser) -> str:
    """What ``ask_back`` would send, found out by doing it and taking it back; else nothing."""
    try:
        with transaction.atomic():
            words = render(ask_back(case=case, by=by)).body
            transaction.set_rollback(True)
    except (CaseError, TextRefusedError):
        return ""
    return words


@transaction.atomic
def call_back(*, case: ReviewCase, on: date, by: AbstractUser) -> ReviewCase:
    """Agree to call on a day: a task of ``by``'s, due that morning. Raises CaseTakenError."""
    _hold(case, by)
    due_at = timezone.make_aware(datetime.combine(on, CALL_AT))
    if case.kind == CaseKind.CALL_BACK:
        ReviewCase.objects.filter(pk=case.pk).update(due_at=due_at)
        return ReviewCase.objects.get(pk=case.pk)
    _close(case, Resolution.CALL_BACK, by)
    task, _created = ReviewCase.objects.update_or_create(
        kind=CaseKind.CALL_BACK,
        subject=case.subject,
        reply=None if case.subject_id else case.reply,
        closed_at=None,
        defaults={"due_at": due_at, "taken_by_id": by.pk, "urgent": case.urgent},
        create_defaults={
            "due_at": due_at,
            "taken_by_id": by.pk,
            "urgent": case.urgent,
            "round_id": case.round_id,
            "offer_id": case.offer_id,
        },
    )
    return task


@transaction.atomic
def wrong_number(*, case: ReviewCase, by: AbstractUser) -> None:
    """Nothing more goes to the number the reply came from, or the message went to.

    Raises CaseTakenError, and NotDoneError if no such number is known.
    """
    _hold(case, by)
    points = contact_points_of(case)
    if not points:
        raise NotDoneError(_gettext("The city has not written to this number."))
    for point in points:
        give_up_number(point)
    _close(case, Resolution.WRONG_NUMBER, by)


@transaction.atomic
def close_case(*, case: ReviewCase, resolution: Resolution, by: AbstractUser) -> None:
    """Close a case that needs nothing more. Raises CaseTakenError, NotDoneError if it does.

    The subject's own story stays open where it is: closing a case ends nobody's.
    """
    _hold(case, by)
    _close(case, resolution, by)


@transaction.atomic
def settle_dispute(
    *, case: ReviewCase, outcome: DisputeOutcome, told: str, by: AbstractUser
) -> DisputedFact:
    """Answer a citizen who said that a fact is wrong, and close the case.

    What ``told`` says is on the citizen's page (GDPR article 12(4): a refusal has its reasons).
    Rules use the fact again. Raises CaseTakenError.
    """
    _hold(case, by)
    if case.dispute is None:
        raise NotDoneError(_gettext("This case is about no fact."))
    settled = settle(fact=case.dispute, outcome=outcome, told=told)
    _close(case, Resolution(outcome.value), by)
    return settled


def last_message(case: ReviewCase) -> Message | None:
    """The text message last sent to whom the case is about, so that one can answer there."""
    messages = Message.objects.handed_over().filter(channel=Channel.SMS)
    if case.reply and case.reply.person_id:
        messages = messages.filter(person=case.reply.person_id, round=case.reply.round_id)
    elif case.offer_id:
        messages = messages.filter(offers=case.offer_id)
    else:
        return None
    return messages.select_related("person", "contact_point", "round").order_by("-sent_at").first()


def contact_points_of(case: ReviewCase) -> list[ContactPoint]:
    """The numbers the case's reply came from, whoever they are registered for."""
    if case.reply:
        points = ContactPoint.objects.with_value(ContactKind.SMS, case.reply.unseal("sender"))
        return list(points.filter(gone_at=None)[:1])
    if case.message and case.message.contact_point:
        return [case.message.contact_point]
    return []


def _hold(case: ReviewCase, by: AbstractUser) -> None:
    """Take the case for what is done now. Raises CaseTakenError."""
    if not take_case(case=case, by=by):
        raise CaseTakenError


def _close(case: ReviewCase, resolution: Resolution, by: AbstractUser) -> None:
    """A disputed fact is out of every rule until it is settled: nothing else ends its case."""
    if case.kind == CaseKind.RECTIFICATION and resolution not in SETTLED:
        raise NotDoneError(_gettext("A citizen waits for an answer to this one."))
    ReviewCase.objects.filter(pk=case.pk).update(
        closed_at=timezone.now(), closed_by=by.pk, resolution=resolution.value
    )
