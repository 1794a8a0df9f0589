"""How a subject's story ends when a person, not an answer, brings it to its end."""

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.models import (
    Capacity,
    Offer,
    OfferState,
    Outcome,
    ReviewCase,
    Round,
    RoundState,
    Subject,
)
from offers.rounds.errors import NotPossibleError
from offers.rounds.states import lock_round

BY_HAND = (
    Outcome.PLACED_BY_HAND,
    Outcome.ARRANGED_OTHERWISE,
    Outcome.MOVED,
    Outcome.DIED,
    Outcome.OBJECTED,
    Outcome.NO_LONGER_MATCHING,
    Outcome.UNREACHED,
)
"""What a caseworker may settle. Accepting and declining are answers: offers/replies records them,
by phone, letter or in person too."""


@transaction.atomic
def settle_subject(
    *, subject: Subject, outcome: Outcome, by: AbstractUser, capacity: Capacity | None = None
) -> Subject:
    """End a subject's story by hand: its seat is given or freed and its cases are closed.

    ``capacity`` is the seat of somebody placed by hand; without one the reserved seat is kept.
    Raises WrongStateError if the round does not run, and NotPossibleError if the outcome is not a
    caseworker's to give, no seat is known, or the seat is taken.
    """
    round = lock_round(subject.round, RoundState.RUNNING)
    if outcome not in BY_HAND:
        raise NotPossibleError(_("This outcome follows from the family's own answer."))
    # The offer before its subject, as an answer locks them: the other way round they deadlock.
    offer = Offer.objects.select_for_update().live().filter(subject=subject).first()
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    if outcome == Outcome.PLACED_BY_HAND and round.service.needs_seat:
        _place(round, subject, offer, capacity)
    elif offer:
        offer.state = OfferState.WITHDRAWN
        offer.save(update_fields=["state"])
    _end(subject, outcome, by)
    return subject


def _place(round: Round, subject: Subject, offer: Offer | None, capacity: Capacity | None) -> None:
    """Give the seat as an offer that needs no answer."""
    if capacity and (capacity.service_id, capacity.period) != (round.service_id, round.period):
        raise NotPossibleError(_("This seat is for another service or period."))
    if not capacity and not offer:
        raise NotPossibleError(_("Choose the seat."))
    offer = offer or Offer(round=round, subject=subject, deadline_at=round.deadline_at)
    offer.capacity = capacity or offer.capacity
    offer.state = OfferState.ACCEPTED
    try:
        with transaction.atomic():
            offer.save()
    except IntegrityError:
        raise NotPossibleError(_("All seats there are taken.")) from None


def _end(subject: Subject, outcome: Outcome, by: AbstractUser) -> None:
    now = timezone.now()
    subject.outcome = outcome
    subject.outcome_at = now
    subject.owner_id = by.pk
    subject.save(update_fields=["outcome", "outcome_at", "owner"])
    ReviewCase.objects.open().filter(subject=subject).update(
        closed_at=now, closed_by=by.pk, resolution=outcome.value
    )


@transaction.atomic
def assign_subject(*, subject: Subject, owner: AbstractUser) -> None:
    """Make ``owner`` the one who brings the subject's story to its end."""
    lock_round(subject.round, RoundState.RUNNING)
    Subject.objects.filter(pk=subject.pk).update(owner=owner.pk)


def withdraw_open(*, round: Round, by: AbstractUser) -> int:
    """End everything still open in a locked round that is cancelled; returns how many.

    Accepted places stay: they are promises.
    """
    now = timezone.now()
    Offer.objects.filter(round=round).unsettled().update(state=OfferState.WITHDRAWN)
    ReviewCase.objects.open().filter(round=round).update(
        closed_at=now, closed_by=by.pk, resolution=Outcome.WITHDRAWN.value
    )
    return (
        Subject.objects.filter(round=round)
        .unresolved()
        .update(outcome=Outcome.WITHDRAWN, outcome_at=now)
    )
