"""Invariants of subjects, offers, seats, answers, approvals and the record of use.

Each query gives every row it looks at as (id, broken). ``%(round)s`` is a round's id, or NULL for
all of them.
"""

OF_ROUND = "(%(round)s IS NULL OR {table}.{column} = %(round)s)"
STARTED = "('running', 'closed', 'cancelled')"
LIVE = "('open', 'accepted', 'other_place', 'unanswered')"


def of_round(table: str, column: str = "round_id") -> str:
    """The condition that a row belongs to the round that is asked about."""
    return OF_ROUND.format(table=table, column=column)


def might_not_decide(guardian: str, child: str, moment: str) -> str:
    """The condition that the register gave somebody no say about a child at that moment.

    The register corrects itself: custody may end as of last week. So a guardianship that had begun
    is enough where an import has changed some since; and nobody is named where one has since taken
    some away, for then nobody can tell.
    """
    day = f"({moment} AT TIME ZONE 'Europe/Helsinki')::date"
    return f"""
        NOT EXISTS (
            SELECT 1 FROM citizens_guardianship guardianship
            WHERE guardianship.guardian_id = {guardian} AND guardianship.child_id = {child}
            AND guardianship.valid_from <= {day} AND (
                (guardianship.may_decide
                    AND {day} <= coalesce(guardianship.valid_until, 'infinity'))
                OR {_imported_since(moment, "changed")}
            )
        ) AND NOT {_imported_since(moment, "gone")}
    """


def _imported_since(moment: str, what: str) -> str:
    return f"""EXISTS (
        SELECT 1 FROM citizens_registerimport later WHERE later.imported_at > {moment}
        AND coalesce((later.counts #>> '{{guardianships,{what}}}')::int, 0) > 0
    )"""


ONE_LIVE_OFFER = f"""
    SELECT subject.id, count(offer.id) FILTER (WHERE offer.state IN {LIVE}) > 1
    FROM offers_subject subject JOIN offers_offer offer ON offer.subject_id = subject.id
    WHERE {of_round("subject")}
    GROUP BY subject.id
"""
"""Each subject has at most one live offer."""

ONE_OUTCOME = f"""
    SELECT subject.id, CASE
        WHEN subject.outcome IN ('pending', 'handled_by_person', 'waiting_for_seat', 'other_place')
            AND (round.state IN ('closed', 'cancelled')
                OR subject.owner_id IS NULL OR subject.due_on IS NULL) THEN true
        WHEN subject.outcome = 'pending' THEN offers.awaiting <> 1
        WHEN subject.outcome = 'handled_by_person' THEN offers.live <> offers.awaiting
        WHEN subject.outcome = 'accepted' THEN offers.accepted <> 1
        WHEN subject.outcome = 'other_place' THEN offers.other_place <> 1
        WHEN subject.outcome = 'placed_by_hand' THEN offers.live <> offers.accepted
            OR (service.needs_seat AND offers.accepted <> 1)
        WHEN subject.outcome = 'declined' THEN offers.live > 0 OR offers.declined = 0
        WHEN subject.outcome = 'lapsed' THEN offers.live > 0 OR offers.lapsed = 0
        WHEN subject.outcome IN ('waiting_for_seat', 'arranged_otherwise', 'objected', 'moved',
            'died', 'no_longer_matching', 'unreached', 'withdrawn') THEN offers.live > 0
        ELSE true END
    FROM offers_subject subject
    JOIN offers_round round ON round.id = subject.round_id
    JOIN offers_service service ON service.id = round.service_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state IN {LIVE}) AS live,
            count(*) FILTER (WHERE state IN ('open', 'unanswered')) AS awaiting,
            count(*) FILTER (WHERE state = 'accepted') AS accepted,
            count(*) FILTER (WHERE state = 'other_place') AS other_place,
            count(*) FILTER (WHERE state = 'declined') AS declined,
            count(*) FILTER (WHERE state = 'lapsed') AS lapsed
        FROM offers_offer WHERE offers_offer.subject_id = subject.id
    ) offers
    WHERE round.state IN {STARTED} AND {of_round("subject")}
"""
"""Each subject of a round that has started stands in one outcome, the one its offers say; what is
open has an owner and a due date, and nothing is open in a round that is over."""

NO_SEAT_TWICE = f"""
    SELECT capacity.id, capacity.taken > capacity.seats OR capacity.taken <> count(offer.id)
    FROM offers_capacity capacity
    LEFT JOIN offers_offer offer ON offer.capacity_id = capacity.id AND offer.state IN {LIVE}
    WHERE %(round)s IS NULL OR capacity.id IN (
        SELECT capacity_id FROM offers_offer WHERE round_id = %(round)s
    )
    GROUP BY capacity.id
"""
"""Seats taken are the live offers of the place, and no more than it has."""

ANSWER_BEHIND_STATE = f"""
    SELECT offer.id, NOT EXISTS (
        SELECT 1 FROM offers_answer answer WHERE answer.offer_id = offer.id AND answer.kind =
            CASE offer.state WHEN 'accepted' THEN 'accept' WHEN 'declined' THEN 'decline'
            ELSE 'other_place' END
    )
    FROM offers_offer offer JOIN offers_subject subject ON subject.id = offer.subject_id
    WHERE offer.state IN ('accepted', 'declined', 'other_place')
    AND subject.outcome IN ('accepted', 'declined', 'other_place') AND {of_round("offer")}
"""
"""Nobody accepts, declines or wishes another place without having said so."""

ANSWERED_BY_DECIDER = f"""
    SELECT answer.id,
        NOT (service.recipient = 'self' AND answer.guardian_id = subject.person_id)
        AND {might_not_decide("answer.guardian_id", "subject.person_id", "answer.at")}
    FROM offers_answer answer
    JOIN offers_offer offer ON offer.id = answer.offer_id
    JOIN offers_subject subject ON subject.id = offer.subject_id
    JOIN offers_round round ON round.id = offer.round_id
    JOIN offers_service service ON service.id = round.service_id
    WHERE {of_round("offer")}
"""
"""Whoever answered was allowed to decide on that day."""

UNCLEAR_DECIDES_NOTHING = f"""
    SELECT answer.id, CASE reply.reading
        WHEN 'accept' THEN answer.kind <> 'accept'
        WHEN 'decline' THEN answer.kind <> 'decline'
        WHEN 'mixed' THEN NOT EXISTS (
            SELECT 1 FROM offers_answer other
            WHERE other.reply_id = answer.reply_id AND other.kind <> answer.kind
        )
        ELSE true END
    FROM offers_answer answer
    JOIN offers_reply reply ON reply.id = answer.reply_id
    JOIN offers_offer offer ON offer.id = answer.offer_id
    WHERE {of_round("offer")}
"""
"""No answer stands on a reply that was not read as exactly that answer; a mixed one decides only
where it gives siblings different answers."""

SECOND_PERSON_APPROVED = f"""
    SELECT round.id, NOT EXISTS (
        SELECT 1 FROM offers_approval approval
        WHERE approval.round_id = round.id AND approval.digest = round.frozen_digest
        AND approval.prepared_by_id = round.prepared_by_id
        AND approval.approved_by_id <> round.prepared_by_id
        AND approval.approved_by_id NOT IN (
            SELECT subject.pinned_by_id FROM offers_subject subject
            WHERE subject.round_id = round.id AND subject.pinned_by_id IS NOT NULL
        )
    )
    FROM offers_round round
    WHERE (round.state IN ('approved', 'running', 'closed') OR round.generated_at IS NOT NULL)
    AND {of_round("round", "id")}
"""
"""Each round that was sent was approved, as frozen, by somebody who took no part in its list."""

EXPLAINED = f"""
    SELECT subject.id, round.rule_id IS NULL OR rule.frozen_at IS NULL OR subject.facts = '{{}}'
    FROM offers_subject subject
    JOIN offers_round round ON round.id = subject.round_id
    LEFT JOIN offers_eligibilityrule rule ON rule.id = round.rule_id
    WHERE round.state IN {STARTED} AND round.generated_at IS NOT NULL AND {of_round("subject")}
"""
"""Each subject has the facts of the day and the frozen version of the rule behind it."""

USE_RECORDED = f"""
    SELECT subject.id, NOT EXISTS (
        SELECT 1 FROM consents_datause use
        WHERE use.processing_id = round.processing_id AND use.person_id = subject.person_id
    )
    FROM offers_subject subject JOIN offers_round round ON round.id = subject.round_id
    WHERE round.generated_at IS NOT NULL AND {of_round("subject")}
"""
"""Each subject can read that the round used its data."""

REPLY_NOT_LOST = f"""
    SELECT reply.id, reply.decided_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM offers_reviewcase review WHERE review.reply_id = reply.id
    )
    FROM offers_reply reply
    WHERE {of_round("reply")}
"""
"""Each inbound reply has been decided, or a person has it."""

OFFER_INVARIANTS = {
    "one_live_offer": ONE_LIVE_OFFER,
    "one_outcome_for_everybody": ONE_OUTCOME,
    "no_seat_given_twice": NO_SEAT_TWICE,
    "no_state_without_its_answer": ANSWER_BEHIND_STATE,
    "answers_only_from_deciders": ANSWERED_BY_DECIDER,
    "unclear_replies_decide_nothing": UNCLEAR_DECIDES_NOTHING,
    "approved_by_a_second_person": SECOND_PERSON_APPROVED,
    "every_subject_explained": EXPLAINED,
    "every_use_recorded": USE_RECORDED,
    "no_reply_lost": REPLY_NOT_LOST,
}
