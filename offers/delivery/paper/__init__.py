"""Letters on paper: the queue of those to be printed, and the file that is printed."""

from offers.delivery.paper.pdf import letters_pdf
from offers.delivery.paper.printing import (
    give_up_batch,
    make_batch,
    mark_posted,
    numbers_withdrawn,
    open_slip,
    record_returned,
    waiting,
    withdrawn,
)

__all__ = [
    "give_up_batch",
    "letters_pdf",
    "make_batch",
    "mark_posted",
    "numbers_withdrawn",
    "open_slip",
    "record_returned",
    "waiting",
    "withdrawn",
]
