"""What the database itself refuses about rounds: sending unapproved, changing an approved list."""

import pgtrigger

UNFROZEN = "('draft', 'preparing', 'prepared')"
APPROVED = "('approved', 'running', 'closed')"

SECOND_PERSON = pgtrigger.Trigger(
    name="second_person",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition(f"NEW.state IN {APPROVED}"),
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM offers_approval approval
            WHERE approval.round_id = NEW.id AND approval.digest = NEW.frozen_digest
            AND approval.approved_by_id <> NEW.prepared_by_id
        ) THEN
            RAISE EXCEPTION 'round % has no second person''s approval of its list', NEW.id;
        END IF;
        RETURN NEW;
    """,
)
"""A round is approved or runs only with an approval of its very list by who did not prepare it."""

SAME_ROUND = pgtrigger.Trigger(
    name="same_round",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        f"OLD.state NOT IN {UNFROZEN} AND NEW.state NOT IN {UNFROZEN} AND "
        "(OLD.service_id, OLD.rule_id, OLD.period, OLD.as_of, OLD.begins_on, OLD.ends_on, "
        "OLD.deadline_at, OLD.lottery_seed, OLD.frozen_digest, OLD.prepared_by_id) "
        "IS DISTINCT FROM "
        "(NEW.service_id, NEW.rule_id, NEW.period, NEW.as_of, NEW.begins_on, NEW.ends_on, "
        "NEW.deadline_at, NEW.lottery_seed, NEW.frozen_digest, NEW.prepared_by_id)"
    ),
    func="RAISE EXCEPTION 'round % is frozen', OLD.id;",
)
"""What was sent to approval is what stays, until it is sent back."""

ERASED_IN_TIME = pgtrigger.Trigger(
    name="erased_in_time",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func="""
        IF NEW.erased_at IS NOT DISTINCT FROM OLD.erased_at THEN
            RETURN NEW;
        END IF;
        IF NEW.erased_at IS NULL OR NEW.closed_at IS NULL
            OR NEW.state NOT IN ('closed', 'cancelled') OR EXISTS (
            SELECT 1 FROM consents_legalbasis basis
            JOIN offers_service service ON service.purpose_id = basis.purpose_id
            WHERE service.id = NEW.service_id
            AND NEW.closed_at + basis.retention_days * interval '1 day' >= NEW.erased_at
        ) THEN
            RAISE EXCEPTION 'the list of round % is still kept', NEW.id;
        END IF;
        RETURN NEW;
    """,
)
"""A list is erased once every basis of its purpose is over, and from then on for good.

A new round has no OLD: to PL/pgSQL its columns are null.
"""

SAME_SUBJECT = pgtrigger.Trigger(
    name="same_subject",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange(
        *("round", "person", "family", "exclusion", "facts"),
        *("capacity", "pinned_by", "distance_m", "placement", "succession"),
    ),
    func=f"""
        IF EXISTS (
            SELECT 1 FROM offers_round round
            WHERE round.id IN (OLD.round_id, NEW.round_id) AND round.state NOT IN {UNFROZEN}
            AND (round.erased_at IS NULL OR NEW.facts <> '{{}}' OR NEW.placement <> '{{}}')
        ) THEN
            RAISE EXCEPTION 'the list of round % is frozen', OLD.round_id;
        END IF;
        RETURN NEW;
    """,
)


def _same_cohort(
    name: str,
    operation: pgtrigger.Operation,
    referencing: pgtrigger.Referencing,
    frozen: str = f"round.state NOT IN {UNFROZEN}",
) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=f"""
            IF EXISTS (
                SELECT 1 FROM offers_round round
                WHERE round.id IN (SELECT round_id FROM touched) AND {frozen}
            ) THEN
                RAISE EXCEPTION 'the list of a round is frozen';
            END IF;
            RETURN NULL;
        """,
    )


ROUND_GUARDS = [SECOND_PERSON, SAME_ROUND, ERASED_IN_TIME]
SUBJECT_GUARDS = [
    SAME_SUBJECT,
    _same_cohort("nobody_added", pgtrigger.Insert, pgtrigger.Referencing(new="touched")),
    _same_cohort(
        "nobody_removed",
        pgtrigger.Delete,
        pgtrigger.Referencing(old="touched"),
        frozen=f"round.state NOT IN {UNFROZEN} AND round.erased_at IS NULL",
    ),
]
