"""What answers together mean, for any guardians in any order: nobody's silence is a no."""

from hypothesis import given
from hypothesis import strategies as st

from offers.models import AcceptancePolicy, AnswerKind, OfferState
from offers.replies.decision import decide

people = st.integers(1, 4)
answers = st.dictionaries(people, st.sampled_from(AnswerKind), max_size=4)
deciders = st.frozensets(people, min_size=1, max_size=4)
policies = st.sampled_from(AcceptancePolicy)


@given(answers, deciders, policies)
def test_a_place_is_declined_only_when_every_decider_has_said_no(
    said: dict[int, AnswerKind], deciders: frozenset[int], policy: AcceptancePolicy
) -> None:
    all_no = all(said.get(who) == AnswerKind.DECLINE for who in deciders)

    assert (decide(said, deciders, policy).state == OfferState.DECLINED) == all_no


@given(answers, deciders)
def test_any_one_may_accept_and_nobody_else_can_take_it_back(
    said: dict[int, AnswerKind], deciders: frozenset[int]
) -> None:
    somebody = any(said.get(who) == AnswerKind.ACCEPT for who in deciders)

    state = decide(said, deciders, AcceptancePolicy.ANY).state

    assert (state == OfferState.ACCEPTED) == somebody


@given(answers, deciders)
def test_where_all_must_accept_every_one_of_them_must(
    said: dict[int, AnswerKind], deciders: frozenset[int]
) -> None:
    everybody = all(said.get(who) == AnswerKind.ACCEPT for who in deciders)

    state = decide(said, deciders, AcceptancePolicy.ALL).state

    assert (state == OfferState.ACCEPTED) == everybody


@given(answers, deciders, policies, answers)
def test_whoever_may_not_decide_changes_nothing(
    said: dict[int, AnswerKind],
    deciders: frozenset[int],
    policy: AcceptancePolicy,
    strangers: dict[int, AnswerKind],
) -> None:
    noise = {who: kind for who, kind in strangers.items() if who not in deciders}
    heard = {who: kind for who, kind in said.items() if who in deciders}

    assert decide(heard | noise, deciders, policy) == decide(heard, deciders, policy)


@given(answers, deciders, policies)
def test_different_answers_are_a_conflict_and_the_same_are_none(
    said: dict[int, AnswerKind], deciders: frozenset[int], policy: AcceptancePolicy
) -> None:
    kinds = {kind for who, kind in said.items() if who in deciders}

    assert decide(said, deciders, policy).conflict == (len(kinds) > 1)


@given(answers, deciders, policies)
def test_only_a_no_that_stands_alone_waits_for_the_others(
    said: dict[int, AnswerKind], deciders: frozenset[int], policy: AcceptancePolicy
) -> None:
    heard = {who: kind for who, kind in said.items() if who in deciders}
    alone = set(heard.values()) == {AnswerKind.DECLINE} and len(heard) < len(deciders)

    decision = decide(said, deciders, policy)

    assert decision.waiting == alone
    assert not (decision.waiting and decision.state)
