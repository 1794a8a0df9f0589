"""The registry of attributes a rule may ask for: built in ones, and a city's registered facts."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from citizens.languages import language_name, say
from citizens.lookups import Age, Column, Fact, Lookup, Related
from citizens.models import Attribute, ValueType
from citizens.models.people import HELSINKI
from citizens.operators import (
    CHOICE,
    COMPARISON,
    EQUALITY,
    PRESENCE,
    SPAN,
    YEAR_SPAN,
    YEARS,
    Operator,
)

Texts = Mapping[str, str]


@dataclass(frozen=True)
class AttributeDefinition:
    """One named, typed fact: what may be asked of it, where it is from, how it is said.

    ``unknown`` says what it means that a person has no value; ``choices`` names the only values
    there are; ``says`` words a value that is a code, in a language. ``pattern`` is what a text
    looks like, ``example`` shows one. ``made_of`` is the code of the fact, one's own or a
    relative's, that this one is reckoned from.
    """

    code: str
    value_type: ValueType
    operators: tuple[Operator, ...]
    source: str
    sensitive: bool
    label: Texts
    unknown: Texts
    lookup: Lookup = field(repr=False)
    choices: Mapping[str, Texts] = field(default_factory=dict)
    says: Callable[[str, str], str] | None = field(default=None, repr=False)
    pattern: str = ""
    example: str = ""
    made_of: str = ""


POPULATION_REGISTER = "population_register"
SOURCES: dict[str, Texts] = {
    POPULATION_REGISTER: {
        "fi": "väestötietojärjestelmä",
        "sv": "befolkningsdatasystemet",
        "en": "Population Information System",
    },
    "early_education_register": {
        "fi": "varhaiskasvatuksen asiakasrekisteri",
        "sv": "klientregistret för småbarnspedagogik",
        "en": "early education client register",
    },
    "pupil_register": {
        "fi": "oppilasrekisteri",
        "sv": "elevregistret",
        "en": "pupil register",
    },
    "home_care_register": {
        "fi": "kotihoidon asiakasrekisteri",
        "sv": "hemvårdens klientregister",
        "en": "home care client register",
    },
    "youth_services_register": {
        "fi": "nuorisopalvelujen asiakasrekisteri",
        "sv": "ungdomstjänsternas klientregister",
        "en": "youth services client register",
    },
    "screening_register": {
        "fi": "seulontarekisteri",
        "sv": "screeningregistret",
        "en": "screening register",
    },
    "parking_register": {
        "fi": "pysäköintitunnusrekisteri",
        "sv": "registret över parkeringstillstånd",
        "en": "parking permit register",
    },
    "patient_register": {
        "fi": "potilasrekisteri",
        "sv": "patientregistret",
        "en": "patient register",
    },
}


def source_name(source: str, language: str) -> str:
    """The register's name in the language; a city's own register is called what it calls it."""
    return say(SOURCES[source], language) if source in SOURCES else source


NOTHING_UNKNOWN: Texts = {
    "fi": "Tieto on jokaisella.",
    "sv": "Alla har uppgiften.",
    "en": "Everybody has this.",
}
NOT_IN_REGISTER: Texts = {
    "fi": "Tietoa ei ole rekisterissä.",
    "sv": "Uppgiften finns inte i registret.",
    "en": "The register does not say.",
}
DATE_OPERATORS = (*YEARS, *YEAR_SPAN, *COMPARISON, *SPAN, *EQUALITY)
OPERATORS_OF_TYPE: dict[ValueType, tuple[Operator, ...]] = {
    ValueType.TEXT: (*EQUALITY, *CHOICE, *PRESENCE),
    ValueType.NUMBER: (*COMPARISON, *SPAN, *EQUALITY, *PRESENCE),
    ValueType.DATE: (*DATE_OPERATORS, *PRESENCE),
    ValueType.BOOLEAN: (*EQUALITY, *PRESENCE),
}

HOME_TOWN: Texts = {"fi": "Helsinki", "sv": "Helsingfors", "en": "Helsinki"}


def municipality_name(code: str, language: str) -> str:
    """The city by its name; any other municipality by its code in the register."""
    return say(HOME_TOWN, language) if code == HELSINKI else code


LANGUAGE_NAMES: dict[str, Texts] = {
    "fi": {"fi": "suomi", "sv": "finska", "en": "Finnish"},
    "sv": {"fi": "ruotsi", "sv": "svenska", "en": "Swedish"},
    "en": {"fi": "englanti", "sv": "engelska", "en": "English"},
}

BUILT_IN = {
    definition.code: definition
    for definition in (
        AttributeDefinition(
            code="birth_date",
            value_type=ValueType.DATE,
            operators=DATE_OPERATORS,
            source=POPULATION_REGISTER,
            sensitive=False,
            label={"fi": "Syntymäaika", "sv": "Födelsetid", "en": "Date of birth"},
            unknown=NOTHING_UNKNOWN,
            lookup=Column("birth_date"),
            example="2021-05-03",
        ),
        AttributeDefinition(
            code="age",
            value_type=ValueType.NUMBER,
            operators=(*COMPARISON, *SPAN),
            source=POPULATION_REGISTER,
            sensitive=False,
            label={"fi": "Ikä vuosina", "sv": "Ålder i år", "en": "Age in years"},
            unknown=NOTHING_UNKNOWN,
            lookup=Age(),
            example="65",
            made_of="birth_date",
        ),
        AttributeDefinition(
            code="sex",
            value_type=ValueType.TEXT,
            operators=(*EQUALITY, *PRESENCE),
            source=POPULATION_REGISTER,
            sensitive=False,
            label={"fi": "Sukupuoli", "sv": "Kön", "en": "Sex"},
            unknown=NOT_IN_REGISTER,
            lookup=Column("sex", unknown=Q(sex="")),
            choices={
                "female": {"fi": "nainen", "sv": "kvinna", "en": "female"},
                "male": {"fi": "mies", "sv": "man", "en": "male"},
            },
        ),
        AttributeDefinition(
            code="municipality",
            value_type=ValueType.TEXT,
            operators=(*EQUALITY, *CHOICE, *PRESENCE),
            source=POPULATION_REGISTER,
            sensitive=False,
            label={"fi": "Kotikunta", "sv": "Hemkommun", "en": "Municipality of residence"},
            unknown=NOT_IN_REGISTER,
            lookup=Column("municipality", unknown=Q(municipality="")),
            says=municipality_name,
            pattern=r"[0-9]{3}",
            example="091",
        ),
        AttributeDefinition(
            code="postal_code",
            value_type=ValueType.TEXT,
            operators=(*EQUALITY, *CHOICE, *PRESENCE),
            source=POPULATION_REGISTER,
            sensitive=False,
            label={"fi": "Postinumero", "sv": "Postnummer", "en": "Postal code"},
            unknown=NOT_IN_REGISTER,
            lookup=Column("postal_code", unknown=Q(postal_code="")),
            pattern=r"[0-9]{5}",
            example="00420",
        ),
        AttributeDefinition(
            code="mother_tongue",
            value_type=ValueType.TEXT,
            operators=(*EQUALITY, *CHOICE, *PRESENCE),
            source=POPULATION_REGISTER,
            sensitive=True,
            label={"fi": "Äidinkieli", "sv": "Modersmål", "en": "Mother tongue"},
            unknown=NOT_IN_REGISTER,
            lookup=Column("mother_tongue", unknown=Q(mother_tongue="")),
            says=language_name,
            pattern=r"[a-z]{2,3}",
            example="so",
        ),
        AttributeDefinition(
            code="contact_language",
            value_type=ValueType.TEXT,
            operators=(*EQUALITY, *CHOICE),
            source=POPULATION_REGISTER,
            sensitive=False,
            label={"fi": "Asiointikieli", "sv": "Kontaktspråk", "en": "Contact language"},
            unknown=NOTHING_UNKNOWN,
            lookup=Column("contact_language"),
            choices=LANGUAGE_NAMES,
        ),
        AttributeDefinition(
            code="guardian_birth_date",
            value_type=ValueType.DATE,
            operators=(*DATE_OPERATORS, *PRESENCE),
            source=POPULATION_REGISTER,
            sensitive=False,
            label={
                "fi": "Huoltajan syntymäaika",
                "sv": "Vårdnadshavarens födelsetid",
                "en": "A guardian's date of birth",
            },
            unknown={
                "fi": "Ei huoltajaa, jolla on päätösvalta.",
                "sv": "Ingen vårdnadshavare med beslutanderätt.",
                "en": "No guardian who may decide.",
            },
            lookup=Related(side="child", field="guardian__birth_date"),
            made_of="birth_date",
        ),
        AttributeDefinition(
            code="child_birth_date",
            value_type=ValueType.DATE,
            operators=(*DATE_OPERATORS, *PRESENCE),
            source=POPULATION_REGISTER,
            sensitive=False,
            label={
                "fi": "Huollettavan lapsen syntymäaika",
                "sv": "Födelsetid för barn i ens vårdnad",
                "en": "Date of birth of a child in one's custody",
            },
            unknown={
                "fi": "Ei huollettavia lapsia.",
                "sv": "Inga barn i ens vårdnad.",
                "en": "No children in one's custody.",
            },
            lookup=Related(side="guardian", field="child__birth_date"),
            made_of="birth_date",
        ),
    )
}


def registered(attribute: Attribute) -> AttributeDefinition:
    """The definition of a city's own registered fact."""
    value_type = ValueType(attribute.value_type)
    return AttributeDefinition(
        code=attribute.code,
        value_type=value_type,
        operators=OPERATORS_OF_TYPE[value_type],
        source=attribute.source,
        sensitive=attribute.sensitive,
        label=attribute.label,
        unknown=NOT_IN_REGISTER,
        lookup=Fact(attribute.pk, value_type),
    )


def known_attributes(codes: Collection[str] | None = None) -> dict[str, AttributeDefinition]:
    """Every attribute a rule may ask for, by its code; a built in one cannot be replaced.

    With ``codes`` only those of them there are; the database is not asked for built in ones.
    """
    rows = Attribute.objects.all()
    if codes is not None:
        rows = rows.filter(code__in=set(codes) - BUILT_IN.keys())
    return {row.code: registered(row) for row in rows} | BUILT_IN
