"""Who: one module for each aggregate."""

from citizens.models.changes import Examined, PersonChange
from citizens.models.contact_points import ContactHealth, ContactKind, ContactPoint
from citizens.models.encrypted import Encrypted, reserve_ids
from citizens.models.facts import (
    Attribute,
    DisputedFact,
    DisputeOutcome,
    RegisteredFact,
    ValueType,
)
from citizens.models.guardianships import (
    Guardianship,
    is_shielded,
    lives_with_shielded,
    shielded_among,
)
from citizens.models.imports import RegisterImport
from citizens.models.people import Person, Sex

__all__ = [
    "Attribute",
    "ContactHealth",
    "ContactKind",
    "ContactPoint",
    "DisputeOutcome",
    "DisputedFact",
    "Encrypted",
    "Examined",
    "Guardianship",
    "Person",
    "PersonChange",
    "RegisterImport",
    "RegisteredFact",
    "Sex",
    "ValueType",
    "is_shielded",
    "lives_with_shielded",
    "reserve_ids",
    "shielded_among",
]
