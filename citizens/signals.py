"""What happens to people that others must hear of at once."""

from django.dispatch import Signal

became_protected = Signal()
"""``person_ids``: people the register now protects. Sent inside the importing transaction."""

people_arrived = Signal()
"""``people``: a query for whom the register brought as new rows. Sent inside the importing
transaction; the query is answered in it only."""
