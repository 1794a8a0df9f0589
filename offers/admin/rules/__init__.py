"""Rules in the admin: the list of versions, the page of one, and the form that writes one."""

from offers.admin.rules.listing import EligibilityRuleAdmin

__all__ = ["EligibilityRuleAdmin"]
