"""Background work of consents."""

from celery import shared_task

from consents.services import seal as sealing


@shared_task
def seal() -> None:
    """Chain what was written since the last time."""
    sealing.seal()
