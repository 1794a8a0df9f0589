"""When somebody becomes protected or objects: nothing more goes out, and nothing stays to read.

Heard inside the transaction that records it, so there is no moment in between. A message that a
provider is just being handed cannot be called back; its words are purged here all the same.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone

from consents.signals import contact_forbidden
from offers.delivery.cases import open_cases
from offers.delivery.gate import GateReason
from offers.delivery.links import revoke_links
from offers.models import CaseKind, Link, Message, MessageOffer, MessageState

REASONS = {"protected": GateReason.PROTECTED, "objected": GateReason.OBJECTED}


@receiver(contact_forbidden, dispatch_uid="offers.delivery.purge")
def stop_contact(
    *, person_ids: Collection[int], reason: str, purpose_id: int | None, **_signal: Any
) -> None:
    """Cancel what waits, purge the words of what was made, revoke links, and open cases.

    ``person_ids`` are recipients or the children messages are about; with ``purpose_id`` only
    the services of that purpose are concerned.
    """
    concerned = _concerned(person_ids, purpose_id)
    message_ids = Message.objects.filter(pk__in=concerned.values("pk")).lock()
    revoke_links(Link.objects.filter(pk__in=_links(person_ids, purpose_id).values("pk")))
    messages = Message.objects.filter(pk__in=message_ids)
    messages.update(body=None, subject_line=None)
    messages.filter(state=MessageState.QUEUED).update(
        state=MessageState.CANCELLED, reason=REASONS[reason].value, final_at=timezone.now()
    )
    is_safety = reason == "protected"
    kind = CaseKind.PROTECTED if is_safety else CaseKind.BY_HAND
    open_cases(message_ids, kind=kind, urgent=is_safety)


def _concerned(person_ids: Collection[int], purpose_id: int | None) -> "QuerySet[Message]":
    about = MessageOffer.objects.filter(offer__subject__person__in=person_ids)
    messages = Message.objects.filter(Q(person__in=person_ids) | Q(pk__in=about.values("message")))
    return messages.filter(round__service__purpose=purpose_id) if purpose_id else messages


def _links(person_ids: Collection[int], purpose_id: int | None) -> "QuerySet[Link]":
    """The people's own links, and their guardians' to the rounds that are about them."""
    about_them = Q(
        round__subjects__person__in=person_ids, guardian__guardianships__child__in=person_ids
    )
    links = Link.objects.filter(Q(guardian__in=person_ids) | about_them)
    return links.filter(round__service__purpose=purpose_id) if purpose_id else links
