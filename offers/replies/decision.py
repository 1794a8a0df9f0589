"""What the guardians' answers together mean for an offer: pure, without the database."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from offers.models import AcceptancePolicy, AnswerKind, OfferState


@dataclass(frozen=True)
class Decision:
    """``state`` the offer takes; ``None`` leaves it as it is (someone is still to be heard).

    ``conflict``: the guardians said different things, a person must look.
    ``waiting``: somebody declined and another guardian has not been heard: the grace period runs.
    """

    state: OfferState | None
    conflict: bool = False
    waiting: bool = False


def decide(
    latest: Mapping[int, AnswerKind], deciders: Set[int], policy: AcceptancePolicy
) -> Decision:
    """Combine the latest answer of each guardian who may decide today.

    No answer is ever taken for a no, and one guardian's no is not the family's: it frees the seat
    only when every decider has declined. With ``ANY`` the first acceptance stands; with ``ALL``
    every decider must accept. Answers of people who may no longer decide do not count.
    """
    heard = {who: kind for who, kind in latest.items() if who in deciders}
    kinds = set(heard.values())
    if kinds == {AnswerKind.DECLINE} and len(heard) == len(deciders):
        return Decision(OfferState.DECLINED)
    conflict = len(kinds) > 1
    if AnswerKind.ACCEPT in kinds:
        settled = policy == AcceptancePolicy.ANY or (not conflict and len(heard) == len(deciders))
        return Decision(OfferState.ACCEPTED if settled else None, conflict=conflict)
    if AnswerKind.OTHER_PLACE in kinds:
        return Decision(OfferState.OTHER_PLACE, conflict=conflict)
    return Decision(None, waiting=AnswerKind.DECLINE in kinds)
