"""The switch that stops sending at once: all of it, one service or one round."""

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from offers.delivery.bell import ring_all
from offers.models import Round, SendingHalt, Service


def halt_sending(
    *,
    by: AbstractUser | None,
    reason: str,
    service: Service | None = None,
    round: Round | None = None,
) -> SendingHalt:
    """Stop sending from now on; without a service or round, everywhere.

    Nothing is lost: what is due waits. Halting what is halted already changes nothing.
    """
    halt = SendingHalt(
        service=service, round=round, reason=reason, halted_by_id=by.pk if by else None
    )
    SendingHalt.objects.bulk_create([halt], ignore_conflicts=True)
    return SendingHalt.objects.in_force().get(service=service, round=round)


@transaction.atomic
def resume_sending(
    *, by: AbstractUser | None, service: Service | None = None, round: Round | None = None
) -> int:
    """Lift the halt of exactly this scope and ring the bell; returns how many were lifted."""
    halts = SendingHalt.objects.in_force().filter(service=service, round=round)
    lifted = halts.update(resumed_at=timezone.now(), resumed_by=by)
    if lifted:
        ring_all()
    return lifted


def is_halted(*, service: Service | None = None, round: Round | None = None) -> bool:
    """Whether sending for the round, or the service, or at all, is stopped."""
    scope = Q(service=None, round=None)
    if round:
        scope |= Q(round=round) | Q(service=round.service_id)
    if service:
        scope |= Q(service=service)
    return SendingHalt.objects.in_force().filter(scope).exists()


def halt_of_message() -> "QuerySet[SendingHalt]":
    """Inside a query of messages: the halts in force that apply to each."""
    everywhere = Q(service=None, round=None)
    its_own = Q(round=OuterRef("round")) | Q(service=OuterRef("round__service"))
    return SendingHalt.objects.in_force().filter(everywhere | its_own)


def not_halted() -> Q:
    """The messages no halt in force applies to."""
    halts = list(SendingHalt.objects.in_force())
    if any(halt.service_id is None and halt.round_id is None for halt in halts):
        return Q(pk__in=[])
    services = [halt.service_id for halt in halts if halt.service_id]
    rounds = [halt.round_id for halt in halts if halt.round_id]
    of_services = Round.objects.filter(service__in=services).values("pk")
    return ~Q(round__in=rounds) & ~Q(round__in=of_services) if halts else Q()
