"""What is wrong between rows, and what the files would change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from citizens.register.errors import TooManyGone

MOST_GONE = {"people": 0.02, "guardianships": 0.10, "contacts": 0.10}
"""The share that may vanish at once; more looks like a file cut at the end of a line."""


class Offence(NamedTuple):
    """A staged row that does not go together with the others."""

    line: int
    column: str
    reason: str
    register_key: str


@dataclass(frozen=True)
class Changes:
    """What happens to one kind of rows; ``before`` is how many there were."""

    before: int
    new: int
    changed: int
    gone: int

    @property
    def share_gone(self) -> float:
        """The share of what was there that is there no more."""
        return self.gone / self.before if self.before else 0.0


@dataclass(frozen=True)
class RegisterChanges:
    """What one import changes; ``skipped`` rows were wrong and left out."""

    people: Changes
    guardianships: Changes
    contacts: Changes
    newly_protected: int
    skipped: int

    def counts(self) -> Mapping[str, Any]:
        """The same as plain numbers, to be kept."""
        return {
            "people": vars(self.people),
            "guardianships": vars(self.guardianships),
            "contacts": vars(self.contacts),
            "newly_protected": self.newly_protected,
            "skipped": self.skipped,
        }

    def refuse_shrinking(self) -> None:
        """Raises TooManyGone if more vanishes than does in an ordinary delivery."""
        for name, most in MOST_GONE.items():
            changes: Changes = getattr(self, name)
            if changes.share_gone > most:
                raise TooManyGone(
                    f"{changes.gone} of {changes.before} {name} would vanish, more than "
                    f"{most:.0%}: the file looks as if it had been cut. If it is right, "
                    "import it with --allow-shrink."
                )


# Each takes the rows it names out of the staged ones, so that what is left fits together.
SAME_PERSON_TWICE = """
DELETE FROM new_people n USING (
    SELECT register_key, min(line) AS first FROM new_people
    GROUP BY register_key HAVING count(*) > 1
) twice
WHERE n.register_key = twice.register_key
RETURNING n.line, 'register_key', 'the same register key is on several lines, first on line '
    || twice.first, n.register_key
"""
SAME_CODE_TWICE = """
DELETE FROM new_people n USING (
    SELECT identity_code_index, min(line) AS first FROM new_people
    WHERE identity_code_index IS NOT NULL GROUP BY identity_code_index HAVING count(*) > 1
) twice
WHERE n.identity_code_index = twice.identity_code_index
RETURNING n.line, 'identity_code', 'the same identity code is on several lines, first on line '
    || twice.first, n.register_key
"""
CODE_OF_SOMEBODY_ELSE = """
DELETE FROM new_people n USING citizens_person other
WHERE n.identity_code_index = other.identity_code_index AND n.id <> other.id
    AND NOT EXISTS (SELECT FROM new_people own WHERE own.id = other.id)
RETURNING n.line, 'identity_code', 'this identity code is known under another register key',
    n.register_key
"""
KNOWN_PEOPLE = """
CREATE TEMP TABLE known_people ON COMMIT DROP AS
    SELECT id, register_key, birth_date FROM new_people
    UNION ALL
    SELECT p.id, p.register_key, p.birth_date FROM citizens_person p
    WHERE p.register_key IN (SELECT register_key FROM left_alone)
        AND p.register_key NOT IN (SELECT register_key FROM new_people);
ANALYZE known_people;
UPDATE new_guardianships n SET guardian_id = known.id FROM known_people known
    WHERE known.register_key = n.guardian;
UPDATE new_guardianships n SET child_id = known.id FROM known_people known
    WHERE known.register_key = n.child;
UPDATE new_contacts n SET person_id = known.id FROM known_people known
    WHERE known.register_key = n.person;
"""
UNKNOWN = "not among the people of this delivery, or left out there"
UNKNOWN_GUARDIAN = f"""
DELETE FROM new_guardianships WHERE guardian_id IS NULL
RETURNING line, 'guardian', 'the guardian is {UNKNOWN}', child
"""
UNKNOWN_CHILD = f"""
DELETE FROM new_guardianships WHERE child_id IS NULL
RETURNING line, 'child', 'the child is {UNKNOWN}', guardian
"""
NOT_OLDER = """
DELETE FROM new_guardianships n USING known_people guardian, known_people child
WHERE guardian.id = n.guardian_id AND child.id = n.child_id
    AND guardian.birth_date >= child.birth_date
RETURNING n.line, 'guardian', CASE WHEN EXISTS (
        SELECT FROM new_guardianships back
        WHERE back.guardian_id = n.child_id AND back.child_id = n.guardian_id
    ) THEN 'the two are each other''s guardians'
    ELSE 'the guardian is not older than the child (or guardians form a circle)' END, n.child
"""
SAME_GUARDIANSHIP_TWICE = """
DELETE FROM new_guardianships n USING (
    SELECT guardian_id, child_id, valid_from, min(line) AS first FROM new_guardianships
    GROUP BY guardian_id, child_id, valid_from HAVING count(*) > 1
) twice
WHERE n.guardian_id = twice.guardian_id AND n.child_id = twice.child_id
    AND n.valid_from = twice.valid_from
RETURNING n.line, 'guardian', 'the same guardianship is on several lines, first on line '
    || twice.first, n.child
"""
UNKNOWN_PERSON = f"""
DELETE FROM new_contacts WHERE person_id IS NULL
RETURNING line, 'person', 'the person is {UNKNOWN}', person
"""
SAME_CONTACT_TWICE = """
DELETE FROM new_contacts n USING (
    SELECT person_id, kind, value_index, min(line) AS first FROM new_contacts
    GROUP BY person_id, kind, value_index HAVING count(*) > 1
) twice
WHERE n.person_id = twice.person_id AND n.kind = twice.kind AND n.value_index = twice.value_index
RETURNING n.line, 'value', 'the same contact of this person is on several lines, first on line '
    || twice.first, n.person
"""

ANALYZE = "ANALYZE new_people; ANALYZE new_guardianships; ANALYZE new_contacts;"


def take_out_people() -> Iterator[Offence]:
    """Take people out who cannot all be right, until those that are left go together."""
    with connection.cursor() as cursor:
        cursor.execute(ANALYZE)
    yield from _take_out(SAME_PERSON_TWICE)
    yield from _take_out(SAME_CODE_TWICE)
    # Whoever is left out keeps the old code, which may be somebody else's new one.
    while offences := list(_take_out(CODE_OF_SOMEBODY_ELSE)):
        yield from offences


def match_people() -> None:
    """Find the person of each guardianship and contact; call after people were taken out."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_PEOPLE)


def take_out_guardianships() -> Iterator[Offence]:
    """Take out guardianships of unknown people, of themselves in a circle, and double ones."""
    for statement in (UNKNOWN_GUARDIAN, UNKNOWN_CHILD, NOT_OLDER, SAME_GUARDIANSHIP_TWICE):
        yield from _take_out(statement)


def take_out_contacts() -> Iterator[Offence]:
    """Take out contacts of unknown people, and double ones."""
    for statement in (UNKNOWN_PERSON, SAME_CONTACT_TWICE):
        yield from _take_out(statement)


def _take_out(statement: str) -> Iterator[Offence]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        offences = [Offence(*row) for row in cursor.fetchall()]
    yield from sorted(offences)
