"""The staged rows into the register's tables, set by set."""

from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from citizens.models import ContactHealth, ContactPoint, Guardianship, Person
from citizens.register.comparing import Changes

COMPARED = (
    "identity_code_index", "first_names", "last_name", "birth_date", "sex", "mother_tongue",
    "contact_language", "municipality", "address_index", "postal_code", "latitude", "longitude",
    "protected", "place_by_hand", "died_on", "moved_out_on",
)  # fmt: skip
ENCRYPTED = {"identity_code": "identity_code_index", "address": "address_index"}
INSERTED = ("id", "register_key", *COMPARED, *ENCRYPTED)

NEWLY_PROTECTED = """
SELECT p.id FROM citizens_person p JOIN new_people n ON n.id = p.id
WHERE n.protected AND NOT p.protected ORDER BY p.id
"""
CHANGE_PEOPLE = f"""
UPDATE citizens_person p SET
    {", ".join(f"{column} = n.{column}" for column in COMPARED)},
    {
    ", ".join(
        f"{column} = CASE WHEN p.{index} IS NOT DISTINCT FROM n.{index} "
        f"THEN p.{column} ELSE n.{column} END"
        for column, index in ENCRYPTED.items()
    )
},
    gone_at = NULL, changed_at = %(now)s
FROM new_people n
WHERE n.id = p.id AND NOT n.is_new AND (
    p.gone_at IS NOT NULL
    OR ({", ".join(f"p.{column}" for column in COMPARED)})
    IS DISTINCT FROM ({", ".join(f"n.{column}" for column in COMPARED)})
)
"""
ADD_PEOPLE = f"""
INSERT INTO citizens_person ({", ".join(INSERTED)}, changed_at)
SELECT {", ".join(INSERTED)}, %(now)s FROM new_people WHERE is_new ORDER BY line
"""
LOSE_PEOPLE = """
UPDATE citizens_person p SET gone_at = %(now)s, changed_at = %(now)s
WHERE p.gone_at IS NULL AND NOT EXISTS (SELECT FROM known_people known WHERE known.id = p.id)
"""
CHANGE_GUARDIANSHIPS = """
UPDATE citizens_guardianship g SET may_decide = n.may_decide, valid_until = n.valid_until
FROM new_guardianships n
WHERE g.guardian_id = n.guardian_id AND g.child_id = n.child_id AND g.valid_from = n.valid_from
    AND (g.may_decide, g.valid_until) IS DISTINCT FROM (n.may_decide, n.valid_until)
"""
ADD_GUARDIANSHIPS = """
INSERT INTO citizens_guardianship (guardian_id, child_id, may_decide, valid_from, valid_until)
SELECT guardian_id, child_id, may_decide, valid_from, valid_until FROM new_guardianships
ORDER BY line
ON CONFLICT (guardian_id, child_id, valid_from) DO NOTHING
"""
LOSE_GUARDIANSHIPS = """
DELETE FROM citizens_guardianship g USING citizens_person guardian, citizens_person child
WHERE guardian.id = g.guardian_id AND child.id = g.child_id
    AND NOT EXISTS (
        SELECT FROM new_guardianships n WHERE n.guardian_id = g.guardian_id
            AND n.child_id = g.child_id AND n.valid_from = g.valid_from
    )
    AND guardian.register_key NOT IN (SELECT register_key FROM left_alone)
    AND child.register_key NOT IN (SELECT register_key FROM left_alone)
"""
CHANGE_CONTACTS = """
UPDATE citizens_contactpoint c SET priority = n.priority, gone_at = NULL
FROM new_contacts n
WHERE c.person_id = n.person_id AND c.kind = n.kind AND c.value_index = n.value_index
    AND n.id IS NULL AND (c.priority <> n.priority OR c.gone_at IS NOT NULL)
"""
ADD_CONTACTS = """
INSERT INTO citizens_contactpoint
    (id, person_id, kind, value, value_index, priority, health, health_at)
SELECT id, person_id, kind, value, value_index, priority, %(health)s, %(now)s
FROM new_contacts WHERE id IS NOT NULL ORDER BY line
"""
LOSE_CONTACTS = """
UPDATE citizens_contactpoint c SET gone_at = %(now)s
FROM citizens_person person
WHERE person.id = c.person_id AND c.gone_at IS NULL
    AND NOT EXISTS (
        SELECT FROM new_contacts n WHERE n.person_id = c.person_id
            AND n.kind = c.kind AND n.value_index = c.value_index
    )
    AND person.register_key NOT IN (SELECT register_key FROM left_alone)
"""


def newly_protected() -> list[int]:
    """The people whom the files protect and who were not; ask before ``merge_people``."""
    with connection.cursor() as cursor:
        cursor.execute(NEWLY_PROTECTED)
        return [row[0] for row in cursor.fetchall()]


def new_people() -> "QuerySet[Person]":
    """Whom the files bring as new rows, until the import ends."""
    added = RawSQL("SELECT id FROM new_people WHERE is_new", [])
    return Person.objects.filter(pk__in=added).order_by("pk")


def merge_people(now: datetime) -> Changes:
    """Change, add and let go people; somebody who is gone stays as a row."""
    before = Person.objects.filter(gone_at=None).count()
    return Changes(
        before=before,
        changed=_run(CHANGE_PEOPLE, now),
        new=_run(ADD_PEOPLE, now),
        gone=_run(LOSE_PEOPLE, now),
    )


def merge_guardianships(now: datetime) -> Changes:
    """Change, add and remove guardianships; one that ended is a row with an end, not gone."""
    before = Guardianship.objects.count()
    return Changes(
        before=before,
        changed=_run(CHANGE_GUARDIANSHIPS, now),
        gone=_run(LOSE_GUARDIANSHIPS, now),
        new=_run(ADD_GUARDIANSHIPS, now),
    )


def merge_contacts(now: datetime) -> Changes:
    """Change, add and let go contact points; what is known of their health stays."""
    before = ContactPoint.objects.filter(gone_at=None).count()
    changes = Changes(
        before=before,
        changed=_run(CHANGE_CONTACTS, now),
        new=_run(ADD_CONTACTS, now),
        gone=_run(LOSE_CONTACTS, now),
    )
    _forget_contacts(now)
    return changes


def _forget_contacts(now: datetime) -> None:
    """Delete what went now and of which nothing is known: never used, health unknown."""
    unused = [
        ~Exists(
            relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
        )
        for relation in ContactPoint._meta.related_objects
    ]
    ContactPoint.objects.filter(*unused, gone_at=now, health=ContactHealth.UNKNOWN).delete()


def _run(statement: str, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": now, "health": ContactHealth.UNKNOWN.value})
        count: int = cursor.rowcount
        return count
