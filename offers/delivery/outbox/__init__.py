"""The outbox: messages are rows first, claimed with a lease, handed over, and accounted for."""

from offers.delivery.outbox.handing_over import hand_over
from offers.delivery.outbox.sending import send_due
from offers.delivery.outbox.uncertain import expire_leases, reconcile, sweep
from offers.delivery.queueing import queue_for_offers, queue_message

__all__ = [
    "expire_leases",
    "hand_over",
    "queue_for_offers",
    "queue_message",
    "reconcile",
    "send_due",
    "sweep",
]
