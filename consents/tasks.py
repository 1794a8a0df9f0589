"""Background work of consents."""

from celery import shared_task
from django.utils import timezone

from consents.services import seal as sealing
from consents.services import verify_seal as verifying


@shared_task
def seal() -> None:
    """Chain what was written since the last time."""
    sealing.seal()


@shared_task
def verify_seal() -> None:
    """At night, look whether everything that was ever sealed is still there."""
    verifying.verify_at_night(now=timezone.now())
