"""Erasing people: at night whom the register no longer has, at once who asks for it.

Nobody whom a round is about that is still kept; an objection goes on without its person.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from citizens.erasing import ERASED_KEY, erase_people
from citizens.models import ContactPoint, Person
from consents.models import ChannelChoice
from consents.services.tombstones import remember_objections
from offers.models import Link, Message, Rating, Reply, Subject, Way, Wish
from offers.rounds.kept import kept_rounds

REGISTER_MAY_ERR = timedelta(days=90)
"""Whoever is gone from the register for less long may come back: registers are corrected."""


def gone_people(now: datetime) -> QuerySet[Person]:
    """Whom the register no longer has, and no round that is still kept is about."""
    gone = Person.objects.filter(gone_at__lt=now - REGISTER_MAY_ERR)
    return not_kept(gone.exclude(register_key__startswith=ERASED_KEY), now)


def not_kept(people: QuerySet[Person], now: datetime) -> QuerySet[Person]:
    """Those of the people about whom no round is that is still kept, nor about their children."""
    kept = kept_rounds(now)
    about = (
        Subject.objects.filter(person=OuterRef("pk"), round__in=kept),
        Subject.objects.filter(person__guardians__guardian=OuterRef("pk"), round__in=kept),
        Message.objects.filter(person=OuterRef("pk"), round__in=kept),
        Reply.objects.filter(person=OuterRef("pk"), round__in=kept),
    )
    for rows in about:
        people = people.exclude(Exists(rows))
    return people


@transaction.atomic
def forget_people(people: Collection[int]) -> None:
    """Erase these people (ids), with all they said and were written; what is sealed names nobody.

    Their messages no longer say where they went, so that numbers and addresses can go too.
    """
    remember_objections(people)
    messages = Message.objects.filter(person__in=people)
    messages.update(body=None, subject_line=None, contact_point=None)
    Message.objects.filter(contact_point__person__in=people).update(contact_point=None)
    replies = Reply.objects.filter(person__in=people)
    replies.update(text=None, response=None, sender=b"", sender_index=b"")
    Wish.objects.filter(guardian__in=people).delete()
    Rating.objects.filter(guardian__in=people).update(comment=None)
    Link.objects.filter(guardian__in=people).delete()
    Way.objects.filter(person__in=people).delete()
    ChannelChoice.objects.filter(person__in=people).delete()
    ContactPoint.objects.filter(person__in=people).delete()
    erase_people(people)
