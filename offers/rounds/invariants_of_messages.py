"""Invariants of what was handed over to a provider, as it can be seen afterwards.

Each query gives every row it looks at as (id, broken), see ``invariants_of_offers``. When a message
was claimed is when the gate and the switch were asked.
"""

from offers.rounds.invariants_of_offers import might_not_decide, of_round

ASKING = "('offer', 'offer_several', 'reminder', 'reminder_several')"
CLAIMED = "coalesce(message.claimed_at, message.sent_at)"
SENT = f"message.sent_at IS NOT NULL AND {of_round('message')}"

NOT_SENT_TWICE = f"""
    SELECT message.id, EXISTS (
        SELECT 1 FROM offers_message other
        WHERE other.id <> message.id AND other.sent_at IS NOT NULL AND (
            other.key = message.key
            OR (other.provider_id <> '' AND other.provider = message.provider
                AND other.provider_id = message.provider_id)
        )
    ) OR (message.kind IN ('offer', 'offer_several') AND message.state <> 'failed' AND EXISTS (
        SELECT 1 FROM offers_messageoffer about
        JOIN offers_messageoffer same ON same.offer_id = about.offer_id
        JOIN offers_message other ON other.id = same.message_id
        WHERE about.message_id = message.id AND other.id <> message.id
        AND other.person_id = message.person_id AND other.kind IN ('offer', 'offer_several')
        AND other.sent_at IS NOT NULL AND other.state <> 'failed'
    ))
    FROM offers_message message
    WHERE {SENT}
"""
"""No key and no provider's id twice; nobody is offered the same place in two messages, unless the
first one did not arrive."""

NO_SEND_UNSETTLED = f"""
    SELECT message.id, message.state = 'sending' AND message.lease_until < now()
    FROM offers_message message WHERE {of_round("message")}
"""
"""No message is stuck between being sent and being known."""

SENT_AFTER_APPROVAL = f"""
    SELECT message.id, NOT EXISTS (
        SELECT 1 FROM offers_approval approval
        JOIN offers_round round ON round.id = approval.round_id
        WHERE round.id = message.round_id AND approval.digest = round.frozen_digest
        AND approval.at <= {CLAIMED}
    )
    FROM offers_message message
    WHERE {SENT} AND message.round_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM offers_messageoffer about WHERE about.message_id = message.id)
"""
"""Nothing about an offer was sent before the list was approved."""

NEVER_TO_PROTECTED = f"""
    SELECT message.id, recipient.protected AND recipient.changed_at < {CLAIMED} OR EXISTS (
        SELECT 1 FROM offers_messageoffer about
        JOIN offers_offer offer ON offer.id = about.offer_id
        JOIN offers_subject subject ON subject.id = offer.subject_id
        JOIN citizens_person person ON person.id = subject.person_id
        WHERE about.message_id = message.id
        AND person.protected AND person.changed_at < {CLAIMED}
    )
    FROM offers_message message JOIN citizens_person recipient ON recipient.id = message.person_id
    WHERE {SENT}
"""
"""Nothing was sent to or about somebody who was protected by then."""

NEVER_TO_OBJECTING = f"""
    SELECT message.id, EXISTS (
        SELECT 1 FROM consents_objection objection
        WHERE objection.person_id = message.person_id
        AND objection.purpose_id = service.purpose_id
        AND objection.kind = 'raised' AND objection.at < {CLAIMED}
        AND NOT EXISTS (
            SELECT 1 FROM consents_objection lifted
            WHERE lifted.person_id = objection.person_id
            AND lifted.purpose_id = objection.purpose_id AND lifted.kind = 'lifted'
            AND lifted.id > objection.id AND lifted.at < {CLAIMED}
        )
    )
    FROM offers_message message
    JOIN offers_round round ON round.id = message.round_id
    JOIN offers_service service ON service.id = round.service_id
    WHERE {SENT} AND message.kind IN {ASKING}
"""
"""Nobody was asked who had objected by then."""

NEVER_AFTER_DEADLINE = f"""
    SELECT message.id, bool_and(offer.deadline_at <= {CLAIMED})
    FROM offers_message message
    JOIN offers_messageoffer about ON about.message_id = message.id
    JOIN offers_offer offer ON offer.id = about.offer_id
    WHERE {SENT} AND message.kind IN {ASKING}
    GROUP BY message.id
"""
"""Nobody was asked after the time to answer was over."""

ONLY_TO_DECIDERS = f"""
    SELECT message.id, bool_or(
        message.person_id <> subject.person_id
        AND {might_not_decide("message.person_id", "subject.person_id", CLAIMED)}
    ) OR bool_or(contact.person_id IS DISTINCT FROM message.person_id)
    FROM offers_message message
    JOIN offers_messageoffer about ON about.message_id = message.id
    JOIN offers_offer offer ON offer.id = about.offer_id
    JOIN offers_subject subject ON subject.id = offer.subject_id
    LEFT JOIN citizens_contactpoint contact ON contact.id = message.contact_point_id
    WHERE {SENT} AND message.kind IN {ASKING}
    GROUP BY message.id
"""
"""Only who may decide was asked, at a contact point of their own."""

NEVER_DURING_HALT = f"""
    SELECT message.id, EXISTS (
        SELECT 1 FROM offers_sendinghalt halt
        WHERE halt.halted_at < {CLAIMED}
        AND coalesce(halt.resumed_at, 'infinity') > {CLAIMED}
        AND (halt.round_id = message.round_id OR halt.service_id = round.service_id
            OR (halt.round_id IS NULL AND halt.service_id IS NULL))
    )
    FROM offers_message message LEFT JOIN offers_round round ON round.id = message.round_id
    WHERE {SENT}
"""
"""Nothing was sent while the switch was off."""

MESSAGE_INVARIANTS = {
    "no_message_sent_twice": NOT_SENT_TWICE,
    "no_message_left_between": NO_SEND_UNSETTLED,
    "sent_only_after_approval": SENT_AFTER_APPROVAL,
    "never_sent_to_protected": NEVER_TO_PROTECTED,
    "never_sent_to_objecting": NEVER_TO_OBJECTING,
    "never_asked_after_deadline": NEVER_AFTER_DEADLINE,
    "asked_only_deciders": ONLY_TO_DECIDERS,
    "never_sent_during_halt": NEVER_DURING_HALT,
}
