"""What is done to a running round: one function for each way to strike."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from bench.flips import FLIPS, flipped
from bench.ground import Ground
from citizens.models import ContactPoint
from helsinki_proactive.simulator.client import AUTH_TOKEN
from offers.delivery.gate import GateReason
from offers.models import Message, MessageState, TextKind

CITY = "+358400000000"
ANSWER_MS = 60
SPOILT = 12
"""Messages whose condition is flipped in one run."""

A_FEW = 5
HELSINKI = ZoneInfo("Europe/Helsinki")
dice = random.Random(20)
Strike = Callable[[Ground], None]


def kill_at_random(ground: Ground) -> None:
    """kill -9 of a worker at a random moment of its sending."""
    worker = ground.start_worker()
    ground.wait_for_acceptance()
    time.sleep(dice.uniform(0, 0.25))
    ground.kill(worker)
    ground.start_sender()


def kill_at_acceptance(ground: Ground) -> None:
    """kill -9 of a worker between the provider's acceptance and the commit."""
    worker = ground.start_worker()
    ground.wait_for_acceptance(after=dice.randrange(ground.messages().count() // 2))
    ground.kill(worker)
    ground.start_sender()


def kill_sender(ground: Ground) -> None:
    """kill -9 of the sender that needs no broker."""
    sender = ground.start_sender()
    ground.wait_for_acceptance(after=dice.randrange(ground.messages().count() // 2))
    ground.kill(sender)
    ground.start_sender()


def kill_postgres(ground: Ground) -> None:
    """kill -9 of PostgreSQL in the middle of sending; it is started again."""
    ground.start_sender()
    ground.wait_for_acceptance()
    ground.kill_server("postgres")


def kill_valkey(ground: Ground) -> None:
    """kill -9 of Valkey, which comes back empty, under a worker and a beat."""
    ground.start_worker()
    ground.start(*ground.BEAT)
    ground.wait_for_acceptance()
    ground.kill_server("valkey")


def no_broker(ground: Ground) -> None:
    """No bell is ever heard: the broker's address answers to nobody."""
    ground.start(*ground.SENDER, REDIS_URL="redis://127.0.0.1:9/0")
    ground.struck = True


def terminate(ground: Ground) -> None:
    """A deploy: SIGTERM in the middle of a batch, then the next worker."""
    worker = ground.start_worker()
    ground.wait_for_acceptance()
    ground.kill(worker, signal.SIGTERM)
    ground.start_sender()


def two_senders(ground: Ground) -> None:
    """Two senders, sweepers and reconcilers at once."""
    ground.start_sender()
    ground.start_sender()
    ground.struck = True


def two_beats(ground: Ground) -> None:
    """Two beats at once, ringing every bell twice, and two workers to hear them."""
    for _ in range(2):
        ground.start(*ground.BEAT)
        ground.start_worker()
    ground.struck = ground.wait_for_acceptance()


def wrong_clock(ground: Ground) -> None:
    """A sender whose clock is an hour ahead, killed, beside one whose clock is right."""
    ahead = ground.start("-m", "bench.at", "+3600", *ground.SENDER[1:])
    ground.wait_for_acceptance()
    ground.kill(ahead)
    ground.start_sender()


def disk_full(ground: Ground) -> None:
    """No line of the log can be written: the disk it is on is full, and everything is logged."""
    ground.log = Path("/dev/full")
    ground.environment |= {"LOG_LEVEL": "DEBUG", "PYTHONUNBUFFERED": "1"}
    ground.start_sender()
    ground.struck = ground.wait_for_acceptance()


def night(sunday: date, opening_day: date) -> Strike:
    """The clocks are changed in the night to Sunday: nobody is written to before 8:00 of the next
    day that is no holiday.

    A sender lives through the change itself, the next one through the last seconds before the
    quiet hours end. What goes out earlier is one too many.
    """
    opening = datetime.combine(opening_day, clock(8), HELSINKI)
    change = datetime.combine(sunday, clock(1), UTC)  # in all of Europe

    def strike(ground: Ground) -> None:
        ground.environment["QUIET_HOURS"] = "8-20"
        before = ground.taken()
        sender = _at(ground, change - timedelta(seconds=2))
        time.sleep(8)  # it starts, and then lives through the change
        ground.kill(sender)
        was_quiet = ground.taken() == before
        _at(ground, opening.astimezone(UTC) - timedelta(seconds=10))
        time.sleep(4)
        if not was_quiet or ground.taken() > before:
            ground.forbidden = dict.fromkeys(ground.messages().values_list("pk", flat=True), ())
        ground.struck = ground.wait_for_acceptance()

    return strike


def _at(ground: Ground, moment: datetime) -> Any:
    return ground.start("-m", "bench.at", moment.isoformat(), *ground.SENDER[1:])


def provider(**dials: object) -> Strike:
    """The provider misbehaves as the dials say, then no more."""

    def strike(ground: Ground) -> None:
        ground.simulator.dial(**dials)
        ground.start_sender()
        ground.wait_for_acceptance()
        time.sleep(2)
        _in_a_good_mood(ground)
        ground.struck = True

    return strike


def _in_a_good_mood(ground: Ground) -> None:
    ground.simulator.reset_dials()
    ground.simulator.dial(hold_callbacks=True, delay_ms=ANSWER_MS)


def receipts(**dials: object) -> Strike:
    """Receipts come as the dials say, to a real web server."""

    def strike(ground: Ground) -> None:
        ground.start_web()
        ground.wants_receipts = True
        ground.simulator.dial(hold_callbacks=False, webhook_retry_ms=100, **dials)
        ground.start_sender()
        ground.struck = True

    return strike


def gate(name: str) -> Strike:
    """A condition of the gate is flipped between approval and claim."""

    def strike(ground: Ground) -> None:
        flip = FLIPS[name]
        chosen = list(ground.messages().order_by("pk").values_list("pk", flat=True)[:SPOILT])
        ground.until_the_end(flipped(flip, Message.objects.filter(pk__in=chosen)))
        if flip.concerns_all:
            chosen = list(ground.messages().values_list("pk", flat=True))
        ground.forbidden = dict.fromkeys(chosen, (flip.reason,))
        ground.start_sender()
        ground.struck = True

    return strike


def gate_of_staging(ground: Ground) -> None:
    """The environment writes to listed recipients only, and none of these is listed."""
    chosen = ground.messages().values_list("pk", flat=True)
    ground.forbidden = dict.fromkeys(chosen, (GateReason.NOT_ALLOWED_HERE,))
    ground.environment["DRY_RUN_ALLOW"] = CITY
    ground.start_sender()
    ground.struck = True


def while_sending(name: str) -> Strike:
    """A condition is flipped in the middle of sending, for messages that still wait."""

    def strike(ground: Ground) -> None:
        flip = FLIPS[name]
        _send_slowly(ground)
        ground.wait_for_acceptance(after=A_FEW)
        with transaction.atomic():
            waiting = ground.messages().filter(state=MessageState.QUEUED)
            locked = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
            chosen = list(locked[:SPOILT])
            ground.until_the_end(flipped(flip, Message.objects.filter(pk__in=chosen)))
        ground.forbidden = dict.fromkeys(chosen, (flip.reason,))
        ground.struck = bool(chosen)

    return strike


def stop_between_claim_and_send(ground: Ground) -> None:
    """Families write STOP while their message is claimed, or just being handed over."""
    ground.start_web()
    webhook = f"{os.environ['HP_PUBLIC_URL']}/webhooks/twilio/reply"
    ground.simulator.dial(webhook_url=webhook)
    _send_slowly(ground)
    ground.wait_for_acceptance()
    claimed = ground.messages().filter(state=MessageState.SENDING)
    for message in claimed.select_related("contact_point").order_by("-pk")[:A_FEW]:
        assert message.contact_point is not None
        ground.recallable[message.pk] = ("21610", GateReason.OPTED_OUT)
        ground.until_the_end(_stopped(ground, message.contact_point))
        ground.struck = True


@contextmanager
def _stopped(ground: Ground, point: ContactPoint) -> Iterator[None]:
    """The family writes STOP, and when the run is over START."""
    number = point.unseal("value")
    ground.simulator.reply(number, CITY, "STOP")
    try:
        yield
    finally:
        ground.simulator.dial(webhook_url=None)
        ground.simulator.reply(number, CITY, "START")
        ContactPoint.objects.filter(pk=point.pk).update(health=point.health)


def _send_slowly(ground: Ground) -> None:
    """A sender with two connections claims few messages at a time."""
    ground.environment["SENDING_CONCURRENCY"] = "2"
    ground.start_sender()


def with_a_second_provider(ground: Ground, *, may_ask: bool = False) -> None:
    """The City's notification service stands in; ``may_ask``: under the number people answer."""
    ground.environment |= {
        "SMS_PROVIDERS": "twilio,notification",
        "NOTIFICATION_URL": ground.simulator.notification_url,
        "NOTIFICATION_TOKEN": AUTH_TOKEN,
        "NOTIFICATION_SENDER": CITY if may_ask else "Hel.fi",
    }
    ground.simulator.dial_notification(delay_ms=ANSWER_MS)


def failover(**dials: object) -> Strike:
    """The first provider goes away as the dials say; two senders go on with the second one."""

    def strike(ground: Ground) -> None:
        with_a_second_provider(ground, may_ask=True)
        _send_slowly(ground)
        ground.start_sender()
        ground.wait_for_acceptance(after=A_FEW)
        ground.simulator.dial(**dials)
        ground.struck = ground.wait_for_gateway("notification")
        time.sleep(1)
        _in_a_good_mood(ground)

    return strike


def failover_of_notices(ground: Ground) -> None:
    """What wants no answer goes through a sender that could receive none."""
    ground.messages().update(kind=TextKind.ACCEPTED)
    with_a_second_provider(ground)
    ground.simulator.dial(refuse={"20003": 1.0})
    ground.start_sender()
    ground.struck = ground.wait_for_gateway("notification")


def failover_of_questions(ground: Ground) -> None:
    """What wants an answer waits for the provider that can bring it."""
    ground.only_gateway = "twilio"
    with_a_second_provider(ground)
    ground.simulator.dial(refuse={"20003": 1.0})
    ground.start_sender()
    time.sleep(4)
    ground.struck = ground.taken() == 0
    _in_a_good_mood(ground)


def failover_killed(ground: Ground) -> None:
    """kill -9 of the sender while the second provider, which has no list, stands in."""
    with_a_second_provider(ground, may_ask=True)
    ground.simulator.dial(refuse={"20003": 1.0})
    sender = ground.start_sender()
    ground.wait_for_gateway("notification")
    ground.kill(sender)
    _in_a_good_mood(ground)
    ground.start_sender()


def days_until(day: date) -> int:
    """Days that a round must be open to be open still on that day."""
    return (day - timezone.localdate()).days + 14
