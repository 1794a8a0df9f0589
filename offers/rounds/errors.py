"""What cannot be done with a round, said to the caseworker who tried."""

from collections.abc import Mapping

from django.utils.translation import gettext as _


class RoundError(Exception):
    """Something about a round cannot be done; the message is meant for the caseworker."""


class WrongStateError(RoundError):
    """The round is in another state than this step begins in."""


class NotReadyError(RoundError):
    """The round lacks what it needs before it can be prepared or sent to approval."""


class SamePersonError(RoundError):
    """Whoever approves is not whoever prepared, or pinned a seat."""

    def __init__(self) -> None:
        super().__init__(_("A round is approved by a second person: you took part in its list."))


class ListChangedError(RoundError):
    """The list, its dates, rule or texts are no longer those that were frozen."""

    def __init__(self) -> None:
        super().__init__(_("The list or its texts have changed since. Prepare the round again."))


class SeatsGoneError(RoundError):
    """Seats of the approved list have been given to others meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _("Seats of this list have been taken meanwhile. Prepare the round again.")
        )


class NotPossibleError(RoundError):
    """A subject cannot be given this seat or this outcome by hand."""


class StillOpenError(RoundError):
    """Nobody disappears: a round is closed when each of its subjects has come to an end.

    ``remaining`` says how many are left in which outcome.
    """

    def __init__(self, remaining: Mapping[str, int]) -> None:
        self.remaining = dict(remaining)
        parts = ", ".join(f"{outcome}: {count}" for outcome, count in self.remaining.items())
        super().__init__(_("Some are still open: %(parts)s.") % {"parts": parts})
