"""Fill an empty database with a synthetic city."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone
from rich.progress import Progress
from rich.table import Table

from citizens.management.importing import console_of
from citizens.models import (
    Attribute,
    ContactPoint,
    Guardianship,
    Person,
    RegisteredFact,
    RegisterImport,
)
from citizens.register.errors import ErrorFile, RegisterError
from citizens.register.facts import import_facts
from citizens.register.formats import RowWriter
from citizens.register.importing import RegisterFiles, import_register
from citizens.synthetic.city import MOST_PEOPLE, City, CityTooSmall, preschool_year
from citizens.synthetic.identity import TooManyBirths
from offers.catalogue.areas import import_areas
from offers.catalogue.load import load_catalogue
from offers.catalogue.seats import SeatRow, import_seats
from offers.catalogue.synthetic_units import SyntheticUnits, admission_areas, schools, seat_rows
from offers.catalogue.units import import_units
from offers.models import AdmissionArea, Capacity, Round, Service, Unit, Way

PRESCHOOL = "preschool"
PRESCHOOL_AGE = 6


class Command(BaseCommand):
    help = (
        "Fill the database with a synthetic Helsinki: people, families, contacts, daycares, seats. "
        "The same options make the same city."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=60_000, help="up to 700,000")
        parser.add_argument(
            "--families",
            type=int,
            help="families with a preschooler of next August; as in the real city if not given",
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed, another city")
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="the day the city is of; today if not given"
        )
        parser.add_argument("--replace", action="store_true", help="remove the people there are")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEPLOYED:
            raise CommandError("A synthetic city has no place where real people are served.")
        if not 1 <= options["people"] <= MOST_PEOPLE:
            raise CommandError(f"--people: a city has 1 to {MOST_PEOPLE} people.")
        if (options["families"] or 0) < 0:
            raise CommandError("--families: at least 0.")
        as_of = options["as_of"] or timezone.localdate()
        if as_of > timezone.localdate():
            raise CommandError("--as-of: a day that has come.")
        try:
            with transaction.atomic():
                _make_room(replace=options["replace"])
                self._seed(options["people"], options["families"], options["seed"], as_of)
        except (RegisterError, CityTooSmall, TooManyBirths) as error:
            raise CommandError(str(error)) from None
        _gather_statistics()
        self._summarise()

    def _seed(self, people: int, families: int | None, seed: int, as_of: date) -> None:
        if not Service.objects.filter(code=PRESCHOOL).exists():
            load_catalogue()
        planned = City(people=people, families=families, seed=seed, as_of=as_of)
        units = SyntheticUnits(families=planned.families_of_six, seed=seed)
        found = units.daycares()
        daycares = [daycare for _, daycare in found]
        attributes = frozenset(Attribute.objects.values_list("code", flat=True))
        city = replace(planned, daycares=daycares, schools=schools(daycares), attributes=attributes)
        with TemporaryDirectory() as name:
            folder = Path(name)
            errors = ErrorFile(folder / "errors.csv")
            documents = [*(document for document, _ in found), *units.clinics()]
            import_units(path=_write_json(folder / "units.json", documents), errors=errors)
            self._write(city, folder)
            self._import(city, folder, errors)
            import_facts(path=folder / "facts.csv", errors=errors)
            seats = seat_rows(
                daycares,
                service=PRESCHOOL,
                period=str(preschool_year(as_of)),
                born=preschool_year(as_of) - PRESCHOOL_AGE,
            )
            path = folder / "seats.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                RowWriter(file, SeatRow._fields, as_of=as_of).add(seats)
            import_seats(path=path, errors=errors)
            areas = _write_json(folder / "areas.geojson", admission_areas(daycares))
            import_areas(path=areas, errors=errors)

    def _write(self, city: City, folder: Path) -> None:
        with self._progress() as progress:
            task = progress.add_task("making people", total=city.people)
            for people in city.write(folder):
                progress.advance(task, people)

    def _import(self, city: City, folder: Path, errors: ErrorFile) -> None:
        with self._progress() as progress:
            task = progress.add_task("importing people", total=city.people)

            def advance(file: str, rows: int) -> None:
                if file == "people.csv":
                    progress.update(task, completed=rows)

            import_register(
                files=RegisterFiles(
                    people=folder / "people.csv",
                    guardianships=folder / "guardianships.csv",
                    contacts=folder / "contacts.csv",
                ),
                errors=errors,
                progress=advance,
            )

    def _progress(self) -> Progress:
        return Progress(console=console_of(self))

    def _summarise(self) -> None:
        table = Table("", "rows", title="The city")
        year = preschool_year(timezone.localdate())
        cohort = Person.objects.resident().filter(birth_date__year=year - PRESCHOOL_AGE)
        seats = Capacity.objects.filter(service__code=PRESCHOOL).values_list("seats", flat=True)
        for name, count in (
            ("people", Person.objects.count()),
            (f"children in Helsinki who turn {PRESCHOOL_AGE} in {year}", cohort.count()),
            ("guardianships", Guardianship.objects.count()),
            ("phone numbers and e-mail addresses", ContactPoint.objects.count()),
            ("facts of other registers", RegisteredFact.objects.count()),
            ("protected people", Person.objects.filter(protected=True).count()),
            ("units", Unit.objects.count()),
            ("preschool seats", sum(seats)),
            ("admission areas", AdmissionArea.objects.count()),
        ):
            table.add_row(name, f"{count:,}")
        console_of(self).print(table)


def _make_room(*, replace: bool) -> None:
    """Remove the people and units there are. Raises CommandError where that cannot be."""
    if not Person.objects.exists():
        return
    if not replace:
        raise CommandError("There are people already. With --replace they make room for new ones.")
    if Round.objects.exists():
        raise CommandError(
            "There are rounds, whose answers and records of use cannot be removed. "
            "Begin with an empty database: delete the folder of the embedded servers "
            "(.local, or HP_LOCAL_DIR), or create a new database and migrate it."
        )
    for model in (Way, RegisteredFact, ContactPoint, Guardianship, Person, RegisterImport):
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
    Capacity.objects.all().delete()
    AdmissionArea.objects.all().delete()
    Unit.objects.all().delete()


def _gather_statistics() -> None:
    """So that the first queries are planned for the city, not for empty tables."""
    with connection.cursor() as cursor:
        for model in (Person, Guardianship, ContactPoint, RegisteredFact, Unit, Capacity):
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def _write_json(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
