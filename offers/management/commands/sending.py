"""The switch on the command line, and a sender that needs no broker."""

import logging
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, close_old_connections

from offers.delivery import outbox, switch
from offers.models import Lane, Message, MessageState, Round, SendingHalt, Service

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "halt: stop sending at once, everywhere or for a service or round. resume: go on; "
        "nothing is lost or doubled. status: what is halted and what waits. sweep: send what is "
        "due from this very process, without broker or workers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb in ("halt", "resume"):
            command = verbs.add_parser(verb)
            scope = command.add_mutually_exclusive_group()
            scope.add_argument("--service", help="the service's code; without it, everything")
            scope.add_argument("--round", type=int, help="the round's number")
            if verb == "halt":
                command.add_argument("--reason", required=True, help="no personal data")
        verbs.add_parser("status")
        sweep = verbs.add_parser("sweep")
        sweep.add_argument("--every", type=float, help="again after so many seconds, for ever")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(**options)

    def _halt(self, *, reason: str, service: str | None, round: int | None, **_rest: Any) -> None:
        switch.halt_sending(by=None, reason=reason, service=_service(service), round=_round(round))
        self.stdout.write("Sending is halted. What is due waits until it is resumed.")

    def _resume(self, *, service: str | None, round: int | None, **_rest: Any) -> None:
        lifted = switch.resume_sending(by=None, service=_service(service), round=_round(round))
        self.stdout.write("Sending goes on." if lifted else "This was not halted.")

    def _status(self, **_rest: Any) -> None:
        halts = SendingHalt.objects.in_force().select_related("service", "round")
        for halt in halts:
            scope = halt.service or (f"round {halt.round_id}" if halt.round_id else "everything")
            self.stdout.write(f"halted: {scope}, since {halt.halted_at:%F %R}: {halt.reason}")
        if not halts:
            self.stdout.write("Nothing is halted.")
        for state in (MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN):
            waiting = Message.objects.filter(state=state).count()
            self.stdout.write(f"{state.value}: {waiting}")

    def _sweep(self, *, every: float | None, **_rest: Any) -> None:
        while every is not None:
            try:
                sent = self._send()
            except (OperationalError, InterfaceError):
                logger.warning("database_away")
                close_old_connections()
                sent = 0
            if not sent:
                time.sleep(every)
        self._send()

    def _send(self) -> int:
        outbox.sweep()
        outbox.reconcile()
        sent = outbox.send_due(lane=Lane.BULK)
        if sent:
            self.stdout.write(f"sent: {sent}")
        return sent


def _service(code: str | None) -> Service | None:
    try:
        return None if code is None else Service.objects.get(code=code)
    except Service.DoesNotExist:
        raise CommandError("There is no such service.") from None


def _round(number: int | None) -> Round | None:
    try:
        return None if number is None else Round.objects.get(pk=number)
    except Round.DoesNotExist:
        raise CommandError("There is no such round.") from None
