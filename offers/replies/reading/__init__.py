"""Understanding what a family wrote: pure functions, no database, no network, no clock."""

from offers.replies.reading.masking import mask_identity_codes
from offers.replies.reading.reader import read_reply
from offers.replies.reading.understanding import ChildRef, Reading, Understanding

__all__ = ["ChildRef", "Reading", "Understanding", "mask_identity_codes", "read_reply"]
