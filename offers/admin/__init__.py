"""The admin of offers: rounds as pages of their own, everything else to look at."""

from offers.admin import catalogue, history, letters, places, rounds, rules, sending, texts

__all__ = ["catalogue", "history", "letters", "places", "rounds", "rules", "sending", "texts"]
