"""Background work of offers. A task is an id and one line; a lost one is found again by its row."""

from celery import shared_task
from django.utils import timezone

from offers.delivery import outbox, statuses
from offers.delivery.bell import ring
from offers.eligibility import standing
from offers.models import Lane, Round
from offers.replies import answers, inbox
from offers.rounds import advance, close, generate, prepare, remind, retention


@shared_task
def send_messages(lane: int) -> None:
    """Send what is due in a lane and the more urgent ones."""
    outbox.send_due(lane=Lane(lane), stay=True)


@shared_task
def sweep() -> None:
    """Ring for the lanes nobody looks after."""
    for lane in outbox.sweep():
        ring(lane)


@shared_task
def reconcile() -> None:
    """Ask the providers about messages whose fate is unknown."""
    outbox.reconcile()


@shared_task
def ask_statuses() -> None:
    """Ask the providers that call nobody back what became of their messages."""
    statuses.ask_statuses()


@shared_task
def decide_pending() -> None:
    """Decide the stored replies whose deciding failed or was cut off."""
    inbox.decide_pending(now=timezone.now())


@shared_task
def end_grace() -> None:
    """Let declines stand that no other guardian has spoken against in time."""
    answers.end_grace(now=timezone.now())


@shared_task
def draw_up_list(round_id: int) -> None:
    """Draw up the list of a round that is being prepared."""
    prepare.draw_up_list(round=Round.objects.get(pk=round_id))


@shared_task
def generate_offers(round_id: int) -> None:
    """Make the offers of an approved round."""
    generate.generate_offers(round=Round.objects.get(pk=round_id))


@shared_task
def resume_rounds() -> None:
    """Go on with rounds whose work waits or was cut off."""
    advance.resume_rounds()


@shared_task
def remind_due() -> None:
    """Remind those who have not answered, on the days of their service."""
    remind.remind_due(now=timezone.now())


@shared_task
def deadline_passed() -> None:
    """Act on the silence of those whose time to answer is over."""
    close.deadline_passed(now=timezone.now())


@shared_task
def offer_freed_seats() -> None:
    """Offer seats that became free to those waiting."""
    advance.offer_all_freed_seats()


@shared_task
def keep_standing() -> None:
    """Keep who is entitled to what, once a day."""
    standing.keep_standing_nightly(now=timezone.now())


@shared_task
def erase_expired() -> None:
    """At night, erase what is no longer to be kept."""
    retention.erase_at_night(now=timezone.now())
