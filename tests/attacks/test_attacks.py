"""Each attack finds what was weakened on purpose, and nothing where it was not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from psycopg2.extensions import cursor
from pytest_django.plugin import DjangoDbBlocker

if TYPE_CHECKING:
    from tests.attacks.target import Target

NAMES = (
    *("forged webhook", "replayed webhook", "guessed token", "another family's token"),
    *("mass assignment", "IDOR", "CSRF", "stored XSS", "SQL in filters", "CSV formulas"),
    *("open redirect", "header injection", "expanding register file", "junk requests"),
    *("superuser's UPDATE", "personal data left"),
)


@pytest.fixture(scope="module")
def target(django_db_blocker: DjangoDbBlocker, superuser: cursor) -> "Iterator[Target]":
    from tests.attacks.target import Target  # noqa: PLC0415  models need Django to be set up
    from tests.browser.town import built  # noqa: PLC0415

    with django_db_blocker.unblock():
        try:
            yield Target(built(), superuser)
        finally:
            superuser.execute("SELECT seeds.clean()")


def test_every_attack_is_tried_here() -> None:
    from tests.attacks.attack_list import ATTACKS  # noqa: PLC0415

    assert set(NAMES) == set(ATTACKS)


@pytest.mark.parametrize("name", NAMES)
def test_a_weakness_is_found_and_none_is_there(name: str, target: "Target") -> None:
    from tests.attacks.attack_list import ATTACKS  # noqa: PLC0415

    assert ATTACKS[name].on(target, weakened=True).findings
    tally = ATTACKS[name].on(target, weakened=False)
    assert tally.tries > 0
    assert tally.findings == []
