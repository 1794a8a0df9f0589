"""Rounds taken to a certain point by the services themselves."""

from helsinki_proactive.staff.models import User
from offers.models import Round, RoundState
from offers.rounds.approval import approve_round, request_approval
from offers.rounds.generate import generate_offers
from offers.rounds.prepare import draw_up_list, prepare_round
from tests.rounds.city import a_round, a_user


def preparer() -> User:
    """Who prepares the rounds of these tests."""
    return a_user("caseworker")


def approver() -> User:
    """Who approves them."""
    return a_user("approver")


def prepared(round: Round | None = None) -> Round:
    """A round whose list is drawn up."""
    round = round or a_round()
    prepare_round(round=round, by=preparer())
    draw_up_list(round=round)
    round.refresh_from_db()
    assert round.state == RoundState.PREPARED, round.preview
    return round


def awaiting(round: Round | None = None) -> Round:
    """A round whose list is frozen."""
    return request_approval(round=prepared(round), by=preparer())


def approved(round: Round | None = None) -> Round:
    """A round that a second person has approved."""
    frozen = awaiting(round)
    return approve_round(round=frozen, digest=frozen.frozen_digest, by=approver())


def running(round: Round | None = None) -> Round:
    """A round whose offers are made."""
    ready = approved(round)
    generate_offers(round=ready)
    ready.refresh_from_db()
    assert ready.state == RoundState.RUNNING, ready.preview
    return ready
