"""How much a reply asks of the database: a whole city may answer in the same minute."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from offers.models import OfferState, TextKind
from tests.replies.families import an_asked_family
from tests.rounds.city import seats

pytestmark = pytest.mark.django_db
MOST = 12
NOT_COUNTED = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "PREPARE")


def statements(captured: CaptureQueriesContext) -> list[str]:
    """What was asked; transactions' ends and what is said once a connection are not counted."""
    asked = (query["sql"] for query in captured.captured_queries)
    return [sql for sql in asked if not sql.startswith(NOT_COUNTED)]


@pytest.mark.parametrize("guardians", [1, 2])
@pytest.mark.parametrize("children", [1, 2])
@pytest.mark.parametrize("words", ["KYLLÄ", "EI"])
def test_an_answer_takes_few_statements_whoever_is_to_be_told(
    guardians: int, children: int, words: str
) -> None:
    phone = an_asked_family(guardians=guardians, children=children).phone()

    with CaptureQueriesContext(connection) as captured:
        assert phone.text(words)

    assert len(statements(captured)) <= MOST, statements(captured)


def test_an_unclear_text_and_different_answers_take_no_more() -> None:
    family = an_asked_family(children=2, guardians=2, places=[seats(1), seats(1)])

    phone = family.phone()

    with CaptureQueriesContext(connection) as asked_back:
        assert phone.text("Hmm")
    with CaptureQueriesContext(connection) as answered:
        assert phone.text("A kyllä, B ei")

    assert family.told()[-2:] == [TextKind.ASK_AGAIN, TextKind.RECORDED]
    assert (family.state(0), family.state(1)) == (OfferState.ACCEPTED, OfferState.OPEN)
    assert max(len(statements(asked_back)), len(statements(answered))) <= MOST
