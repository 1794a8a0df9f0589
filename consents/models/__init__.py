"""May we: one module for each aggregate."""

from consents.models.append_only import AppendOnly, Sealed
from consents.models.bases import BasisKind, LegalBasis, Operation, Purpose
from consents.models.choices import ChannelChoice
from consents.models.notices import ConsentNotice
from consents.models.pruning import SealPruning
from consents.models.retention import Erased, Erasure
from consents.models.seals import SealBlock, UnsealedDigests
from consents.models.statements import ConsentEvent, ConsentKind, Objection, ObjectionKind
from consents.models.tombstones import ObjectionTombstone
from consents.models.use import DataUse, Processing, ProcessingKind

__all__ = [
    "AppendOnly",
    "BasisKind",
    "ChannelChoice",
    "ConsentEvent",
    "ConsentKind",
    "ConsentNotice",
    "DataUse",
    "Erased",
    "Erasure",
    "LegalBasis",
    "Objection",
    "ObjectionKind",
    "ObjectionTombstone",
    "Operation",
    "Processing",
    "ProcessingKind",
    "Purpose",
    "SealBlock",
    "SealPruning",
    "Sealed",
    "UnsealedDigests",
]
