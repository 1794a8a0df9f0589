"""What can be wrong with the input of a placement, said so that a caseworker can act on it."""


class PlacementError(Exception):
    """The placement can't be made from this input."""


class InvalidInput(PlacementError):  # noqa: N818 - read as "raise InvalidInput"
    """A column, a seat count or a pin is not usable; the message names the row."""


class UnknownCriterion(PlacementError):  # noqa: N818
    """The service's file names a criterion that does not exist; the message lists those that do."""


class PolicyUnavailable(PlacementError):  # noqa: N818
    """The policy needs a package that is not installed; the message says which."""
