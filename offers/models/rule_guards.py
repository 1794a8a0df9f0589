"""What the database itself refuses about rules: changing an approved one, using an unapproved."""

import pgtrigger

SAME_RULE = pgtrigger.Trigger(
    name="same_rule",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        "((OLD.service_id, OLD.version, OLD.from_file, OLD.created_by_id, OLD.created_at) "
        "IS DISTINCT FROM "
        "(NEW.service_id, NEW.version, NEW.from_file, NEW.created_by_id, NEW.created_at) "
        "OR NEW.approved_at IS NOT NULL AND OLD.criteria IS DISTINCT FROM NEW.criteria "
        "OR OLD.approved_at IS NOT NULL AND (OLD.approved_by_id, OLD.approved_at) "
        "IS DISTINCT FROM (NEW.approved_by_id, NEW.approved_at) "
        "OR OLD.frozen_at IS NOT NULL AND OLD.frozen_at IS DISTINCT FROM NEW.frozen_at)"
    ),
    func="RAISE EXCEPTION 'version % of this rule stays as approved', OLD.version;",
)
"""Only a proposal's criteria may change, and nobody approves what they change meanwhile."""

RULE_STAYS = pgtrigger.Trigger(
    name="rule_stays",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Delete,
    condition=pgtrigger.Condition("OLD.approved_at IS NOT NULL"),
    func="RAISE EXCEPTION 'version % of this rule was in force', OLD.version;",
)

APPROVED_RULE = pgtrigger.Trigger(
    name="approved_rule",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("rule_id", "service_id"),
    condition=pgtrigger.Condition("NEW.rule_id IS NOT NULL"),
    func="""
        UPDATE offers_eligibilityrule SET frozen_at = now()
        WHERE id = NEW.rule_id AND frozen_at IS NULL;
        IF NOT EXISTS (
            SELECT 1 FROM offers_eligibilityrule rule WHERE rule.id = NEW.rule_id
            AND rule.service_id = NEW.service_id AND rule.approved_at IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'the rule of round % is not approved for its service', NEW.id;
        END IF;
        RETURN NEW;
    """,
)
"""A round uses an approved version of its service's rule, which is frozen from then on."""

RULE_GUARDS = [SAME_RULE, RULE_STAYS]
