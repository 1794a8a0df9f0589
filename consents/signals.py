"""What other parts of the city's service must hear of at once."""

from django.dispatch import Signal

contact_forbidden = Signal()
"""Somebody became protected or objected: nothing more goes out about or to these people.

Sent with ``person_ids`` (a list), ``reason`` ("protected" or "objected") and ``purpose_id`` (the
purpose objected to; None forbids every purpose), inside the transaction that records it.
"""
