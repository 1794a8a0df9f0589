"""What happens to people that others must hear of at once."""

from django.dispatch import Signal

became_protected = Signal()
"""``person_ids``: people the register now protects. Sent inside the importing transaction."""
