"""The rights of a person as the page shows them: a row for each purpose, with its buttons."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from citizens.languages import say
from consents.models import BasisKind
from consents.services.notices import notice_hash, notice_text
from consents.services.rights import Rights, Statement
from helsinki_proactive.my.page import statutes
from helsinki_proactive.my.words import BUTTONS


@dataclass(frozen=True)
class Button:
    """Something that may be said; ``notice`` is what one consents to, and its hash."""

    statement: Statement
    label: Promise
    notice: str = ""
    notice_hash: str = ""


@dataclass(frozen=True)
class PurposeRow:
    """One purpose in words; ``by_law`` when part of it has no opt-out."""

    pk: int
    name: str
    department: str
    statutes: Sequence[str]
    objected: bool
    consented: bool
    by_law: bool
    buttons: Sequence[Button]


def purpose_rows(rights: Iterable[Rights], language: str) -> list[PurposeRow]:
    """The purposes in the language, in their order."""
    return [
        PurposeRow(
            pk=one.purpose.pk,
            name=say(one.purpose.name, language),
            department=say(one.purpose.department, language),
            statutes=statutes(one.bases, language),
            objected=one.objected,
            consented=one.consented,
            by_law=BasisKind.LEGAL_OBLIGATION in one.kinds,
            buttons=list(_buttons(one, language)),
        )
        for one in rights
    ]


def _buttons(rights: Rights, language: str) -> Iterator[Button]:
    for statement in rights.may_say:
        if statement == Statement.GIVE:
            text = notice_text(rights.purpose, rights.bases, language)
            yield Button(statement, BUTTONS[statement], text, notice_hash(text))
        else:
            yield Button(statement, BUTTONS[statement])
