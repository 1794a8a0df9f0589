"""Background work of consents."""

from celery import shared_task

from consents.services import seal as sealing


@shared_task(queue="replies")  # short, and a round's bulk must not delay it beyond its minute
def seal() -> None:
    """Chain what was written since the last time."""
    sealing.seal()
