"""The synthetic city: as many as asked for, the same each time, and nobody real."""

from collections import Counter
from datetime import date
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.fi import hetu

from citizens.synthetic.city import FILES, City, CityTooSmall
from citizens.synthetic.daycares import Daycare
from citizens.synthetic.households import Household
from citizens.synthetic.sources import cells

AS_OF = date(2026, 5, 24)
DAYCARES = [
    Daycare("1", 60.20, 24.90, ("fi",)),
    Daycare("2", 60.22, 25.00, ("fi", "sv")),
    Daycare("3", 60.25, 25.05, ("fi",)),
]
ATTRIBUTES = {
    *("daycare_unit", "daycare_group", "preschool_group_wish", "special_group", "evaka_id"),
    "language_immersion",
}


@pytest.fixture(scope="module")
def households() -> list[Household]:
    return list(City(people=6000, families=300, as_of=AS_OF, daycares=DAYCARES).households())


def families_of_six(households: list[Household]) -> int:
    """Families in which a child lives in Helsinki and turns six; counted by shared guardians."""
    count = 0
    for household in households:
        sixes = {
            person.register_key
            for person in household.people
            if person.birth_date.startswith("2020")
            and person.municipality == "091"
            and not person.died_on
        }
        guarded = {row.child for row in household.guardianships}
        count += bool(sixes & guarded)
    return count


@settings(max_examples=15)
@given(people=st.integers(1, 1500), families=st.integers(0, 60), seed=st.integers(0, 2**40))
def test_there_are_exactly_as_many_people_and_families_as_asked_for(
    people: int, families: int, seed: int
) -> None:
    city = City(people=people, families=families, seed=seed, as_of=AS_OF)
    try:
        made = list(city.households())
    except CityTooSmall:
        assert people < 8 * families + 8
    else:
        assert sum(len(household.people) for household in made) == people
        assert families_of_six(made) == families


def test_without_a_number_there_are_as_many_families_as_in_the_real_city() -> None:
    assert City(people=657_792, as_of=AS_OF).families_of_six == pytest.approx(5900, abs=50)


def test_the_same_seed_makes_the_same_city_and_another_seed_another(tmp_path: Path) -> None:
    def written(seed: int) -> list[bytes]:
        city = City(
            people=800, families=50, seed=seed, as_of=AS_OF, daycares=DAYCARES,
            attributes=ATTRIBUTES,
        )  # fmt: skip
        assert sum(city.write(tmp_path)) == 800
        return [(tmp_path / name).read_bytes() for name in FILES]

    assert written(1) == written(1)
    assert all(one != other for one, other in zip(written(1), written(2), strict=True))


def test_identity_codes_are_valid_artificial_and_of_one_person_each(
    households: list[Household],
) -> None:
    people = [person for household in households for person in household.people]
    codes = [person.identity_code for person in people if person.identity_code]
    assert len(set(codes)) == len(codes) > 5900
    for person in people:
        if person.identity_code:
            assert hetu.is_valid(person.identity_code, allow_temporary=True)
            assert 900 <= int(person.identity_code[7:10]) <= 999
            assert int(person.identity_code[9]) % 2 == (person.sex == "male")
            born = date.fromisoformat(person.birth_date)
            assert person.identity_code[:6] == born.strftime("%d%m%y")


def test_phones_and_mailboxes_cannot_be_anybodys(households: list[Household]) -> None:
    contacts = [contact for household in households for contact in household.contacts]
    phones = {contact.value for contact in contacts if contact.kind == "sms"}
    for phone in phones:
        number = phonenumbers.parse(phone)
        assert phone.startswith("+35847")
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    domains = {contact.value.partition("@")[2] for contact in contacts if contact.kind == "email"}
    assert domains == {"example.org", "example.com", "example.net", "example.invalid"}


def test_people_live_where_people_live(households: list[Household]) -> None:
    squares = cells()
    postal_codes = {cell.postal_code for cell in squares}
    south, north = (edge(cell.latitude for cell in squares) for edge in (min, max))
    located = [person for household in households for person in household.people if person.latitude]
    assert {person.postal_code for person in located} <= postal_codes
    assert all(south - 0.002 < float(person.latitude) < north + 0.002 for person in located)


def test_life_is_as_varied_as_it_is(households: list[Household]) -> None:
    people = [person for household in households for person in household.people]
    keys = {person.register_key: person for person in people}
    guardianships = [row for household in households for row in household.guardianships]
    guardians = Counter(row.child for row in guardianships)
    shared = Counter(contact.value for household in households for contact in household.contacts)
    assert set(guardians.values()) == {1, 2}
    assert {person.mother_tongue for person in people} == {"fi", "sv", "ru", "so", "ar", "et", "en"}
    assert {person.contact_language for person in people} == {"fi", "sv", "en"}
    assert any(person.protected == "1" for person in people)
    assert any(person.place_by_hand == "1" for person in people)
    assert any(person.died_on for person in people)
    assert any(person.moved_out_on for person in people)
    assert any(not person.identity_code for person in people)
    assert any(row.may_decide == "0" for row in guardianships)
    assert max(shared.values()) == 2
    two_homes = [
        row for row in guardianships if keys[row.guardian].address != keys[row.child].address
    ]
    assert two_homes
    twins = Counter((keys[row.child].birth_date, row.guardian) for row in guardianships)
    assert max(twins.values()) >= 2


def test_every_guardian_is_grown_up_when_the_child_is_born(households: list[Household]) -> None:
    for household in households:
        born = {person.register_key: person.birth_date for person in household.people}
        for row in household.guardianships:
            years = int(born[row.child][:4]) - int(born[row.guardian][:4])
            assert years >= 17


def test_children_attend_units_near_them_that_have_their_language(
    households: list[Household],
) -> None:
    facts = [fact for household in households for fact in household.facts]
    units = {fact.person: fact.value for fact in facts if fact.attribute == "daycare_unit"}
    groups = {fact.person: fact.value for fact in facts if fact.attribute == "daycare_group"}
    assert units.keys() == groups.keys()
    assert units
    assert {units[person] for person, group in groups.items() if group == "sv"} == {"2"}
