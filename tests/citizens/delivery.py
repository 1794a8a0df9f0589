"""A small delivery of the register, to be spoiled in tests."""

import csv
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from citizens.models import ContactPoint, Guardianship, Person
from citizens.register.comparing import RegisterChanges
from citizens.register.errors import ErrorFile
from citizens.register.formats import (
    ContactRow,
    GuardianshipRow,
    PersonRow,
    RowWriter,
)
from citizens.register.importing import RegisterFiles, import_register

AS_OF = date(2026, 1, 31)

MOTHER = PersonRow(
    "K1", "", "Maija Anneli", "Mäkinen", "1990-03-04", "female", "fi", "fi", "091",
    "Kannelpolku 5 A 1", "00420", "60.239895", "24.879782", "0", "0", "", "",
)  # fmt: skip
FATHER = MOTHER._replace(
    register_key="K2", first_names="Åke", last_name="Öhman", birth_date="1988-12-31", sex="male",
    identity_code="311288-999L", mother_tongue="sv", contact_language="sv",
)  # fmt: skip
CHILD = MOTHER._replace(
    register_key="K3", first_names="Aino", birth_date="2020-05-06", identity_code="060520A9025"
)
OTHERS = [
    MOTHER._replace(register_key=f"N{nth:03d}", first_names="Naapuri", birth_date="1970-01-01")
    for nth in range(100)
]


@dataclass
class Delivery:
    """The rows of three files; ``write`` puts them into a folder."""

    folder: Path
    as_of: date = AS_OF
    people: list[PersonRow] = field(default_factory=lambda: [MOTHER, FATHER, CHILD, *OTHERS])
    guardianships: list[GuardianshipRow] = field(
        default_factory=lambda: [
            GuardianshipRow("K1", "K3", "1", "2020-05-06", ""),
            GuardianshipRow("K2", "K3", "1", "2020-05-06", ""),
        ]
    )
    contacts: list[ContactRow] = field(
        default_factory=lambda: [
            ContactRow("K1", "sms", "+358471234567", "0"),
            ContactRow("K1", "email", "maija@example.org", "1"),
            ContactRow("K2", "sms", "047 765 4321", "0"),
        ]
    )

    @property
    def files(self) -> RegisterFiles:
        """Where the files are."""
        return RegisterFiles(
            people=self.folder / "people.csv",
            guardianships=self.folder / "guardianships.csv",
            contacts=self.folder / "contacts.csv",
        )

    @property
    def error_file(self) -> Path:
        """Where wrong rows are listed."""
        return self.folder / "errors.csv"

    def write(self) -> "Delivery":
        """Write the three files."""
        for path, columns, rows in (
            (self.files.people, PersonRow._fields, self.people),
            (self.files.guardianships, GuardianshipRow._fields, self.guardianships),
            (self.files.contacts, ContactRow._fields, self.contacts),
        ):
            with path.open("w", encoding="utf-8", newline="") as file:
                RowWriter(file, columns, as_of=self.as_of, count=len(rows)).add(rows)
        return self

    def spoil(self, name: str, change: Callable[[bytes], bytes]) -> "Delivery":
        """Change the bytes of one file."""
        path: Path = getattr(self.files, name)
        path.write_bytes(change(path.read_bytes()))
        return self

    def load(self, **options: Any) -> RegisterChanges:
        """Import what is in the folder."""
        return import_register(files=self.files, errors=ErrorFile(self.error_file), **options)

    def problems(self) -> list[dict[str, str]]:
        """The error file's rows."""
        if not self.error_file.exists():
            return []
        with closing(self.error_file.open(encoding="utf-8", newline="")) as file:
            return list(csv.DictReader(file))


def exported(folder: Path) -> Delivery:
    """What is in the database, as the register would deliver it."""
    return Delivery(
        folder,
        people=[
            PersonRow(
                person.register_key,
                person.unseal("identity_code"),
                person.first_names,
                person.last_name,
                person.birth_date.isoformat(),
                person.sex,
                person.mother_tongue,
                person.contact_language,
                person.municipality,
                person.unseal("address"),
                person.postal_code,
                "" if person.latitude is None else str(person.latitude),
                "" if person.longitude is None else str(person.longitude),
                str(int(person.protected)),
                str(int(person.place_by_hand)),
                "" if person.died_on is None else person.died_on.isoformat(),
                "" if person.moved_out_on is None else person.moved_out_on.isoformat(),
            )
            for person in Person.objects.in_register().order_by("pk")
        ],
        guardianships=[
            GuardianshipRow(
                row.guardian.register_key,
                row.child.register_key,
                str(int(row.may_decide)),
                row.valid_from.isoformat(),
                "" if row.valid_until is None else row.valid_until.isoformat(),
            )
            for row in Guardianship.objects.select_related("guardian", "child").order_by("pk")
        ],
        contacts=[
            ContactRow(row.person.register_key, row.kind, row.unseal("value"), str(row.priority))
            for row in ContactPoint.objects.select_related("person").order_by("pk")
        ],
    )
