"""Background work of offers. A task is an id and one line; a lost one is found again by its row."""

from celery import shared_task

from offers.delivery import outbox
from offers.delivery.bell import ring
from offers.models import Lane


@shared_task
def send_messages(lane: int) -> None:
    """Send what is due in a lane and the more urgent ones."""
    outbox.send_due(lane=Lane(lane))


@shared_task
def sweep() -> None:
    """Ring for the lanes nobody looks after."""
    for lane in outbox.sweep():
        ring(lane)


@shared_task
def reconcile() -> None:
    """Ask the providers about messages whose fate is unknown."""
    outbox.reconcile()
