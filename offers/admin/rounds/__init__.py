"""Rounds in the admin: the list, the draft, and the pages of one round."""

from offers.admin.rounds.listing import RoundAdmin

__all__ = ["RoundAdmin"]
