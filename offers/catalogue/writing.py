"""Editing a service's texts by hand: checked like the files, and not while a round is under way."""

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from offers.catalogue.placeholders import allowed_in, check_text
from offers.models import (
    Channel,
    Round,
    RoundState,
    Sensitivity,
    Service,
    ServiceText,
    TextKind,
)

FROZEN = (RoundState.AWAITING, RoundState.APPROVED, RoundState.RUNNING)


class TextProblemsError(Exception):
    """The text cannot be saved; ``problems`` says why, in the words of whoever wrote it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def names_for(service: Service) -> list[str]:
    """The placeholders this service's texts may hold."""
    return allowed_in(recipient=service.recipient, needs_seat=service.needs_seat)


def problems_of(text: ServiceText) -> list[str]:
    """What is wrong with the words, besides that a round may be under way."""
    problems = check_text(
        text.body,
        kind=TextKind(text.kind),
        channel=Channel(text.channel),
        sensitivity=Sensitivity(text.service.sensitivity),
        allowed=names_for(text.service),
        subject=text.subject,
    )
    if not text.body.strip():
        problems.append(_("The text is empty."))
    if text.channel != Channel.SMS and not text.subject.strip():
        problems.append(_("An e-mail or a letter needs a subject line."))
    return problems


def is_frozen(service: Service) -> bool:
    """Whether a round that was sent to approval with the service's texts is not over yet."""
    return Round.objects.filter(service=service, state__in=FROZEN).exists()


@transaction.atomic
def edit_text(*, text: ServiceText, subject: str, body: str, by: AbstractUser) -> ServiceText:
    """Save the words. From now on the service's file no longer changes this text.

    Raises TextProblemsError, and saves nothing, if they may not be used, or if a round of the
    service is under way: what a second person has approved is what families get.
    """
    service = Service.objects.select_for_update().get(pk=text.service_id)
    changed = ServiceText.objects.select_related("service").get(pk=text.pk)
    changed.subject = subject.strip() if text.channel != Channel.SMS else ""
    changed.body = body.replace("\r\n", "\n").strip()
    problems = problems_of(changed)
    if is_frozen(service):
        problems.append(_("A round of this service is under way: its texts stay as approved."))
    if problems:
        raise TextProblemsError(problems)
    changed.edited_at = timezone.now()
    changed.edited_by_id = by.pk
    changed.save(update_fields=["subject", "body", "edited_at", "edited_by"])
    return changed
