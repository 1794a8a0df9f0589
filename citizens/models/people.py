"""Person: somebody in the population register."""

from datetime import date
from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from citizens.encryption import search_index, search_indexes
from citizens.languages import ContactLanguage
from citizens.models.encrypted import Encrypted
from citizens.models.noting import noting_changes

HELSINKI = "091"
POSTAL_AREA = "00"
"""Post offices whose codes begin so are all called Helsinki; no register tells us other names."""


class Sex(models.TextChoices):
    FEMALE = "female", _("female")
    MALE = "male", _("male")
    UNKNOWN = "", _("not known")


class PersonQuerySet(models.QuerySet["Person"]):
    def in_register(self) -> Self:
        """People the register still knows: not gone from it, not dead."""
        return self.filter(gone_at=None, died_on=None)

    def resident(self, municipality: str = HELSINKI) -> Self:
        """People in the register who live in the municipality now."""
        return self.in_register().filter(municipality=municipality, moved_out_on=None)

    def unprotected(self) -> Self:
        return self.filter(protected=False)

    def with_identity_code(self, code: str) -> Self:
        """The person with this identity code, found through the keyed index."""
        indexes = search_indexes(code.strip().upper(), kind="identity_code")
        return self.filter(identity_code_index__in=indexes)

    def named(self, words: str) -> Self:
        """People whose full name contains every word, in any order and case."""
        people = self
        for word in words.split():
            people = people.filter(search_name__contains=word.lower())
        return people


def identity_code_index(code: str) -> bytes | None:
    """The keyed index of an identity code in capitals; None of an empty one."""
    return search_index(code, kind="identity_code") if code else None


def has_postal_address(person: str = "") -> Q:
    """Whether a letter to the person at this path of a query (``person__``) can be addressed.

    Not to an address from which one has come back, until the register says another.
    """
    returned = f"{person}returned_address_index"
    known = {f"{person}address__isnull": False, f"{person}postal_code__startswith": POSTAL_AREA}
    return Q(**known) & (
        Q(**{f"{returned}__isnull": True}) | ~Q(**{returned: F(f"{person}address_index")})
    )


def address_index(address: str) -> bytes | None:
    """The keyed index of a street address; None of an empty one."""
    return search_index(address, kind="address") if address else None


class Person(Encrypted):
    """Somebody in the population register: child, guardian, anybody.

    ``register_key`` is the register's own, unchanging key: identity codes are corrected and
    some people have none. Municipality is the three-digit code (091 is Helsinki).
    """

    register_key = models.CharField(_("register key"), max_length=64, unique=True)
    identity_code = models.BinaryField(_("identity code"), null=True, editable=False)
    identity_code_index = models.BinaryField(null=True, editable=False)
    first_names = models.CharField(_("first names"), max_length=200)
    last_name = models.CharField(_("last name"), max_length=200)
    search_name = models.GeneratedField(
        expression=Lower(Concat(F("first_names"), Value(" "), F("last_name"))),
        output_field=models.TextField(),
        db_persist=True,
    )
    birth_date = models.DateField(_("date of birth"), db_index=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, blank=True)
    mother_tongue = models.CharField(_("mother tongue"), max_length=8, blank=True)
    contact_language = models.CharField(
        _("contact language"),
        max_length=2,
        choices=ContactLanguage.choices,
        default=ContactLanguage.FINNISH,
    )
    municipality = models.CharField(_("municipality"), max_length=3)
    address = models.BinaryField(_("address"), null=True, editable=False)
    address_index = models.BinaryField(null=True, editable=False)
    returned_address_index = models.BinaryField(null=True, editable=False)
    postal_code = models.CharField(_("postal code"), max_length=5, blank=True)
    latitude = models.FloatField(_("latitude"), null=True)
    longitude = models.FloatField(_("longitude"), null=True)
    protected = models.BooleanField(_("protected"), default=False)
    place_by_hand = models.BooleanField(_("place by hand"), default=False)
    died_on = models.DateField(_("died on"), null=True, blank=True)
    moved_out_on = models.DateField(_("moved out on"), null=True, blank=True)
    gone_at = models.DateTimeField(_("gone from the register"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True, db_index=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                fields=["identity_code_index"],
                name="person_identity_code_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="person_location_whole",
                violation_error_message=_("A location is a latitude and a longitude in degrees."),
            ),
        ]
        indexes = [
            GinIndex(OpClass(F("search_name"), name="gin_trgm_ops"), name="person_name_trigrams"),
        ]
        triggers = noting_changes("id")

    def __str__(self) -> str:
        """Never a name: this ends up in logs and error pages."""
        return f"person {self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.first_names} {self.last_name}"

    @property
    def call_name(self) -> str:
        """The first of the first names, as families are addressed."""
        return self.first_names.split()[0] if self.first_names.strip() else ""

    def age_on(self, day: date) -> int:
        """Whole years on ``day``; somebody born on 29 February has the birthday on 1 March."""
        before = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before

    def set_identity_code(self, code: str) -> None:
        """Store the code encrypted and searchable; an empty code is none."""
        code = code.strip().upper()
        self.seal("identity_code", code)
        self.identity_code_index = self.index_of("identity_code", code)

    def set_address(self, address: str) -> None:
        """Store the street address encrypted, with an index that tells whether it has changed."""
        address = address.strip()
        self.seal("address", address)
        self.address_index = self.index_of("address", address)

    def index_of(self, column: str, value: str) -> bytes | None:
        """The search index of an identity code or an address."""
        return {"identity_code": identity_code_index, "address": address_index}[column](value)

    def lives_with(self, other: "Person") -> bool:
        """Whether the register has both at one address; not, where it does not know one."""
        return (
            self.address_index is not None
            and bytes(self.address_index) in other.address_indexes()
            and self.postal_code == other.postal_code
        )

    def address_indexes(self) -> list[bytes]:
        """Every index that rows with the person's own address may have."""
        address = self.unseal("address")
        return search_indexes(address, kind="address") if address else []
