"""Pages to look at: the phones and the mailbox."""

from starlette.routing import Route


def routes() -> list[Route]:
    """Return the routes of the pages."""
    return []
