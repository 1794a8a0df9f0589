"""An objection outlives the erasure of its person, and the register bringing them back.

What stays is a digest of the register's key and one of the identity code, under the key of the
ring that never changes over: rotating keys leaves tombstones alone (docs/adr/0015).
"""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver

from citizens.encryption import blind_index
from citizens.models import Person
from citizens.signals import people_arrived
from consents.models import Objection, ObjectionTombstone
from consents.models.statements import How
from consents.services.objections import raise_objection


def remember_objections(people: Collection[int]) -> int:
    """Put a tombstone for each standing objection of these people (ids); returns how many.

    To be called in the transaction that erases them, before it does.
    """
    standing = Objection.objects.standing().filter(person__in=people).select_related("person")
    made = ObjectionTombstone.objects.bulk_create(
        ObjectionTombstone(
            purpose_id=one.purpose_id,
            how=one.how,
            key_digest=_of_key(one.person),
            code_digest=_of_code(one.person),
        )
        for one in standing
    )
    return len(made)


@receiver(people_arrived, dispatch_uid="consents.services.tombstones")
def raise_again(*, people: "QuerySet[Person]", **_signal: Any) -> None:
    """Raise the objections of whoever came back under a new row.

    Heard inside the importing transaction, so that nothing can be done with them before.
    """
    known: dict[bytes, list[ObjectionTombstone]] = {}
    for tombstone in ObjectionTombstone.objects.select_related("purpose"):
        for digest in (tombstone.key_digest, tombstone.code_digest):
            if digest is not None:
                known.setdefault(bytes(digest), []).append(tombstone)
    if not known:
        return  # nothing is read of anybody
    raised = set()
    for person in people.only("register_key", "identity_code").iterator():
        for tombstone in _matching(person, known):
            raise_objection(person=person, purpose=tombstone.purpose, how=How(tombstone.how))
            raised.add(tombstone.pk)
    ObjectionTombstone.objects.filter(pk__in=raised).delete()


def _matching(
    person: Person, known: dict[bytes, list[ObjectionTombstone]]
) -> Iterator[ObjectionTombstone]:
    """The tombstones of the person, one for each purpose."""
    found = [*known.get(_of_key(person), ()), *known.get(_of_code(person) or b"", ())]
    yield from {tombstone.purpose_id: tombstone for tombstone in found}.values()


def _of_key(person: Person) -> bytes:
    return blind_index(person.register_key, kind="objector's register key")


def _of_code(person: Person) -> bytes | None:
    code = person.unseal("identity_code")
    return blind_index(code, kind="objector's identity code") if code else None
