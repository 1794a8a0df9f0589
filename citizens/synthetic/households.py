"""Families and other households of the synthetic city: who they are and how they are reached."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID, uuid5

from citizens.models import Sex
from citizens.register.formats import ContactRow, FactRow, GuardianshipRow, PersonRow, flag
from citizens.synthetic.daycares import ATTENDING, Daycare, Daycares
from citizens.synthetic.facts import Facts
from citizens.synthetic.homes import Home, Homes
from citizens.synthetic.identity import IdentityCodes
from citizens.synthetic.sources import Names, Weighted

LANGUAGES = Weighted(
    {"fi": 0.77, "sv": 0.058, "ru": 0.038, "so": 0.03, "ar": 0.03, "et": 0.03, "en": 0.044}
)
AGES_OF_ADULTS = Weighted(
    {str(age): 1.3 if age < 35 else 1.0 if age < 75 else 0.5 if age < 90 else 0.1
     for age in range(18, 103)}
)  # fmt: skip

PHONES = 9_000_000
PHONE_STEP = 7_654_321  # shares no factor with PHONES: every number comes once
NO_PHONE_HAS = "+358479"
"""Numbers that begin so are wrong: well formed, but no family of the city answers there."""

MAIL_DOMAINS = ("example.org", "example.com", "example.net")  # RFC 2606
NO_MAIL_AT = "example.invalid"

IN_EVAKA = UUID("6d1f0a56-6f0f-4d53-9a3b-6f2f6f0c7d11")
"""The early-education system's own ids of children follow from the register's keys."""


@dataclass
class Household:
    """Those who are generated together, as the rows of the registers."""

    people: list[PersonRow] = field(default_factory=list)
    guardianships: list[GuardianshipRow] = field(default_factory=list)
    contacts: list[ContactRow] = field(default_factory=list)
    facts: list[FactRow] = field(default_factory=list)


@dataclass(frozen=True)
class Circumstances:
    """What is special about a household."""

    protected: bool
    moved_out_on: date | None
    child_died_on: date | None


class Households:
    """Makes one household after the other; the same random numbers make the same ones."""

    def __init__(
        self,
        *,
        random: Random,
        as_of: date,
        year: int,
        daycares: Sequence[Daycare],
        schools: Mapping[tuple[str, str], str],
    ) -> None:
        self._random = random
        self._as_of = as_of
        self._year = year
        self._homes = Homes()
        self._names = Names()
        self._codes = IdentityCodes()
        self._daycares = Daycares(daycares)
        self._schools = schools
        self._facts = Facts(random, as_of, year)
        self._people = 0
        self._phones = 0

    def family(
        self, turning: Sequence[int], *, moved_out: bool = False, child_died: bool = False
    ) -> Household:
        """Children, by the age they turn in ``year``, and their guardians at one or two homes.

        Equal ages are twins. A family that moved out lives in another municipality now.
        """
        random = self._random
        language = LANGUAGES.draw(random)
        special = Circumstances(
            protected=random.random() < 0.004,
            moved_out_on=self._recently() if moved_out else None,
            child_died_on=self._recently() if child_died else None,
        )
        home = self._homes.elsewhere(random) if moved_out else self._homes.for_family(random)
        household = Household()
        births = self._births(turning)
        guardians = self._guardians(household, min(births), language, home, special)
        last_name = random.choice(guardians).last_name
        names: set[str] = set()
        children = [
            self._child(household, born, language, last_name, home, special, names)
            for born in births
        ]
        self._guard(household, guardians, children)
        self._reach_family(household, guardians, children)
        self._daycare(household, children, home)
        return household

    def adults(self, at_most: int) -> Household:
        """One or two people without minor children."""
        random = self._random
        home = self._homes.for_adults(random)
        language = LANGUAGES.draw(random)
        protected = random.random() < 0.0015
        household = Household()
        age = int(AGES_OF_ADULTS.draw(random))
        for _ in range(2 if at_most > 1 and random.random() < 0.45 else 1):
            born = self._born_at(max(18, age + random.randint(-4, 4)))
            person = self._adult(household, born, self._sex(), language, home, protected)
            self._reach(household, person, self._phone(), self._mail(person))
        return household

    # Who they are

    def _births(self, turning: Sequence[int]) -> list[date]:
        days = {age: self._day_in(self._year - age) for age in sorted(set(turning))}
        return [days[age] for age in turning]

    def _guardians(
        self, household: Household, eldest: date, language: str, home: Home, special: Circumstances
    ) -> list[PersonRow]:
        random = self._random
        mothers_age = min(max(random.gauss(30.8, 4.8), 18.0), 46.0)
        mother = eldest - timedelta(days=mothers_age * 365.25)
        father = mother - timedelta(days=random.gauss(800, 1400))
        father = min(father, eldest - timedelta(days=18 * 365))
        plan = [(mother, Sex.FEMALE), (father, Sex.MALE)]
        if random.random() < 0.02:
            plan = [(born, plan[0][1]) for born, _ in plan]  # two of the same sex
        if random.random() < 0.14:
            plan = plan[:1] if random.random() < 0.85 else plan[1:]
        apart = len(plan) == 2 and random.random() < 0.2
        guardians: list[PersonRow] = []
        for nth, (born, sex) in enumerate(plan):
            lives = self._other_home() if apart and nth else home
            moved = special.moved_out_on if lives is home else None
            spoken = language if nth == 0 or random.random() < 0.9 else LANGUAGES.draw(random)
            name = guardians[0].last_name if guardians and random.random() < 0.6 else ""
            guardians.append(
                self._adult(
                    household, born, sex, spoken, lives, special.protected and lives is home,
                    last_name=name, moved_out_on=moved,
                )
            )  # fmt: skip
        return guardians

    def _other_home(self) -> Home:
        random = self._random
        if random.random() < 0.15:
            return self._homes.elsewhere(random)
        return self._homes.for_adults(random)

    def _adult(
        self, household: Household, born: date, sex: Sex, language: str, home: Home,
        protected: bool, *, last_name: str = "", moved_out_on: date | None = None,
    ) -> PersonRow:  # fmt: skip
        random = self._random
        first = {self._names.first(random, language, sex, child=False) for _ in range(2)}
        return self._person(
            household, born, sex, language, home,
            first_names=" ".join(sorted(first)),
            last_name=last_name or self._names.last(random, language),
            protected=protected, moved_out_on=moved_out_on,
            died_on=self._recently() if random.random() < 0.0008 else None,
        )  # fmt: skip

    def _child(
        self, household: Household, born: date, language: str, last_name: str, home: Home,
        special: Circumstances, taken: set[str],
    ) -> PersonRow:  # fmt: skip
        random, sex = self._random, self._sex()
        first = self._names.first(random, language, sex, child=True)
        while first in taken:
            first = self._names.first(random, language, sex, child=True)
        taken.add(first)
        second = self._names.first(random, language, sex, child=True)
        return self._person(
            household, born, sex, language, home,
            first_names=first if second == first else f"{first} {second}",
            last_name=last_name, protected=special.protected,
            by_hand=random.random() < 0.006, moved_out_on=special.moved_out_on,
            died_on=special.child_died_on,
        )  # fmt: skip

    def _person(
        self, household: Household, born: date, sex: Sex, language: str, home: Home, *,
        first_names: str, last_name: str, protected: bool, by_hand: bool = False,
        moved_out_on: date | None = None, died_on: date | None = None,
    ) -> PersonRow:  # fmt: skip
        self._people += 1
        code = self._codes.give(born, sex)
        if self._random.random() < 0.003:
            code = ""  # some have none
        person = PersonRow(
            register_key=f"S{self._people:07d}",
            identity_code=code,
            first_names=first_names,
            last_name=last_name,
            birth_date=born.isoformat(),
            sex=sex.value,
            mother_tongue=language,
            contact_language=self._spoken_to_in(language),
            municipality=home.municipality,
            address=home.address,
            postal_code=home.postal_code,
            latitude=_degrees(home.latitude),
            longitude=_degrees(home.longitude),
            protected=flag(protected),
            place_by_hand=flag(by_hand),
            died_on=died_on.isoformat() if died_on else "",
            moved_out_on=moved_out_on.isoformat() if moved_out_on else "",
        )
        household.people.append(person)
        household.facts.extend(self._facts.of(person))
        return person

    def _spoken_to_in(self, language: str) -> str:
        if language in ("fi", "en"):
            return language
        if language == "sv":
            return "sv" if self._random.random() < 0.9 else "fi"
        return "fi" if self._random.random() < 0.45 else "en"

    # Guardians' rights

    def _guard(
        self, household: Household, guardians: Sequence[PersonRow], children: Sequence[PersonRow]
    ) -> None:
        random = self._random
        apart = len({guardian.address for guardian in guardians}) > 1
        for nth, guardian in enumerate(guardians):
            other_home = apart and nth > 0
            decides = not other_home or random.random() < 0.88
            ended = self._recently() if other_home and random.random() < 0.03 else None
            for child in children:
                until = ended.isoformat() if ended else ""
                if until and until < child.birth_date:
                    until = ""
                household.guardianships.append(
                    GuardianshipRow(
                        guardian.register_key, child.register_key, flag(decides),
                        child.birth_date, until,
                    )
                )  # fmt: skip

    # How they are reached

    def _reach_family(
        self, household: Household, guardians: Sequence[PersonRow], children: Sequence[PersonRow]
    ) -> None:
        random = self._random
        shared_phone, shared_mail = random.random() < 0.02, random.random() < 0.03
        phone = mail = ""
        for guardian in guardians:
            phone = phone if phone and shared_phone else self._phone()
            mail = mail if mail and shared_mail else self._mail(guardian)
            self._reach(household, guardian, phone, mail)
        for child in children:
            if self._year - int(child.birth_date[:4]) >= 15 and random.random() < 0.8:
                self._reach(household, child, self._phone(), "")

    def _reach(self, household: Household, person: PersonRow, phone: str, mail: str) -> None:
        if phone:
            household.contacts.append(ContactRow(person.register_key, "sms", phone, "0"))
        if mail:
            household.contacts.append(ContactRow(person.register_key, "email", mail, "1"))

    def _phone(self) -> str:
        chance = self._random.random()
        if chance < 0.04:
            return ""
        self._phones += 1
        if chance < 0.05:
            return f"{NO_PHONE_HAS}{self._phones % 1_000_000:06d}"
        return f"+35847{self._phones * PHONE_STEP % PHONES:07d}"

    def _mail(self, person: PersonRow) -> str:
        chance = self._random.random()
        if chance < 0.13:
            return ""
        domain = NO_MAIL_AT if chance < 0.14 else self._random.choice(MAIL_DOMAINS)
        name = f"{person.first_names.split()[0]}.{person.last_name}".lower().replace("'", "")
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        return f"{plain}.{self._people}@{domain}"

    # Where the children are by day

    def _daycare(self, household: Household, children: Sequence[PersonRow], home: Home) -> None:
        random = self._random
        group = self._group_of(children[0])
        unit = self._daycares.choose(random, group, home)
        school = self._schools.get((group, home.postal_code))
        for child in children:
            turning = self._year - int(child.birth_date[:4])
            key = child.register_key
            if unit and random.random() < ATTENDING.get(turning, 0.0):
                household.facts.append(FactRow(key, "daycare_unit", unit))
                household.facts.append(FactRow(key, "daycare_group", group))
                household.facts.append(FactRow(key, "evaka_id", str(uuid5(IN_EVAKA, key))))
                if group == "sv" and child.mother_tongue != "sv":
                    household.facts.append(FactRow(key, "language_immersion", flag(True)))
            if turning == 6 and random.random() < (0.9 if group == "sv" else 0.04):
                household.facts.append(FactRow(key, "preschool_group_wish", group))
            if turning == 6 and school:
                household.facts.append(FactRow(key, "likely_school", school))
            if turning <= 6 and random.random() < 0.015:
                household.facts.append(FactRow(key, "special_group", flag(True)))

    def _group_of(self, child: PersonRow) -> str:
        """The language of daycare: mostly the child's own, sometimes immersion."""
        share = 0.93 if child.mother_tongue == "sv" else 0.022
        return "sv" if self._random.random() < share else "fi"

    # Chance

    def _sex(self) -> Sex:
        return Sex.FEMALE if self._random.random() < 0.49 else Sex.MALE

    def _day_in(self, year: int) -> date:
        first = date(min(year, self._as_of.year), 1, 1)
        last = min(first.replace(month=12, day=31), self._as_of)
        return first + timedelta(days=self._random.randint(0, (last - first).days))

    def _born_at(self, age: int) -> date:
        return self._as_of - timedelta(days=int((age + self._random.random()) * 365.25))

    def _recently(self) -> date:
        return self._as_of - timedelta(days=self._random.randint(1, 300))


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
