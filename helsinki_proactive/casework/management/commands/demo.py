"""A whole preschool round in a synthetic city, on the real servers."""

import json
import signal
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings
from django.utils import timezone
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from urllib3.exceptions import HTTPError

from citizens.management.importing import console_of
from citizens.synthetic.city import MOST_PEOPLE, preschool_year
from helsinki_proactive.demo import caseworkers, city, report
from helsinki_proactive.demo.families import Family, Plan, Shares, Town, families_of
from helsinki_proactive.demo.processes import DemoError, Running, running
from helsinki_proactive.embedded import local_folder
from helsinki_proactive.simulator.client import SimulatorError
from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import APPROVER, CASEWORKER


def share(text: str) -> float:
    """An option from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise ArgumentTypeError("a share is from 0 to 1")
    return value


def whole(at_least: int, at_most: int) -> Callable[[str], int]:
    """An option that counts something. Asked before an earlier demo's city is emptied."""

    def counted(text: str) -> int:
        value = int(text)
        if not at_least <= value <= at_most:
            raise ArgumentTypeError(f"a whole number from {at_least} to {at_most}")
        return value

    counted.__name__ = "whole number"  # "invalid whole number value: 'many'"
    return counted


class Command(BaseCommand):
    help = "Run a whole preschool round in a synthetic city, then keep the web server up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        people = whole(1, MOST_PEOPLE)
        parser.add_argument("--people", type=people, default=60_000, help="up to 700,000")
        families = whole(1, MOST_PEOPLE)
        parser.add_argument("--families", type=families, default=5_591, help="with a child of six")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another city")
        parser.add_argument("--no-serve", action="store_true", help="end after the table")
        shares = {
            "answer": (0.93, "families that answer"),
            "accept": (0.89, "of those, families that accept"),
            "wish": (0.03, "of those, families that wish for another place"),
            "late": (0.08, "of those, families that answer only after the reminder"),
            "unclear": (0.04, "texts that have to be asked again"),
            "rating": (0.6, "web answers that leave a rating"),
            "email": (0.33, "guardians with an address who choose e-mail"),
        }
        for name, (default, meaning) in shares.items():
            parser.add_argument(f"--{name}-share", type=share, default=default, help=meaning)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEPLOYED:
            raise CommandError("The demo has no place where real people are served.")
        # A shell that starts us in the background has us ignore Ctrl-C.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        self.console = console_of(self)
        try:
            self._demo(options)
        except (DemoError, SimulatorError, HTTPError) as error:
            raise CommandError(f"The demo could not go on: {error}") from None

    def _demo(self, options: dict[str, Any]) -> None:
        began = time.monotonic()
        folder = local_folder().path
        year = preschool_year(timezone.localdate())
        city.look_for_servers()
        if city.start_over():
            self.console.print("The city of an earlier demo makes room for a new one.")
        with running(folder / "demo") as processes, _settings_of(processes):
            staff = self._city(year, options)
            processes.wait_until_ready()
            self.console.print(f"Web server, workers and simulator run; logs: {folder / 'demo'}/")
            result = self._round(processes, staff, year, options, began)
            (folder / "demo.json").write_text(json.dumps(result.as_json(), indent=2) + "\n")
            self.console.print(f"Written to {folder / 'demo.json'}")
            if not options["no_serve"]:
                self._serve(processes, staff)
        if not result.holds:
            raise CommandError("Something that must always hold did not, or was not shown.")

    def _city(self, year: int, options: dict[str, Any]) -> dict[str, tuple[User, str]]:
        """Seed it, and hire its staff."""
        seed = options["seed"]
        city.seed(people=options["people"], families=options["families"], seed=seed)
        city.choose_email(share=options["email_share"], turning_six_in=year, seed=seed)
        return city.hire()

    def _round(
        self,
        processes: Running,
        staff: dict[str, tuple[User, str]],
        year: int,
        options: dict[str, Any],
        began: float,
    ) -> report.Result:
        """Prepare, approve, send, let the families answer, remind, and measure."""
        caseworker, approver = staff[CASEWORKER][0], staff[APPROVER][0]
        shares = Shares(**{name: options[f"{name}_share"] for name in Shares.__annotations__})
        round = caseworkers.begin_round(by=caseworker, year=year)
        with self._bar(f"{caseworker.first_name} has the list drawn up") as progress:
            caseworkers.prepare(round, by=caseworker, progress=progress)
        self.console.print(
            f"{round.preview['eligible']:,} children are entitled to a place, "
            f"{round.preview['contacted']:,} of them are written about; "
            f"{approver.first_name}, not {caseworker.first_name}, approves exactly this list."
        )
        approved_at = caseworkers.approve(round, prepared_by=caseworker, approved_by=approver)
        with self._bar("Workers send") as progress:
            caseworkers.wait_until_sent(round, progress=progress)
        families = families_of(round, shares=shares, seed=options["seed"])
        town = Town(processes.simulator, shares=shares, seed=options["seed"])
        talking = [family for family in families if family.plan != Plan.SILENT]
        self._let_answer(town, "Families answer", [f for f in talking if not f.is_late])
        with self._bar("The others are reminded") as progress:
            caseworkers.remind(round, by=caseworker, progress=progress)
        self._let_answer(town, "Late families answer", [f for f in talking if f.is_late])
        with self._bar("Last messages") as progress:
            caseworkers.wait_until_sent(round, progress=progress)
        result = report.measure(
            round,
            families=families,
            approved_at=approved_at,
            simulator=processes.simulator,
            wall_s=time.monotonic() - began,
        )
        report.show(result, shares=shares, console=self.console)
        return result

    def _let_answer(self, town: Town, title: str, families: Sequence[Family]) -> None:
        with self._bar(title) as progress:
            done = count(1)
            town.answer(families, answered=lambda: progress(next(done), len(families)))

    @contextmanager
    def _bar(self, title: str) -> Iterator[caseworkers.Progress]:
        columns = (
            TextColumn("{task.description:<32}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(title, total=None)
            yield lambda done, of: progress.update(task, completed=done, total=of)

    def _serve(self, processes: Running, staff: dict[str, tuple[User, str]]) -> None:
        """Keep everything up until Ctrl-C."""
        logins = Table("role", "user", "password", title="Logins", title_justify="left")
        for role, (user, password) in staff.items():
            logins.add_row(role, user.username, password)
        self.console.print(logins)
        self.console.print(
            f"The admin            {processes.web_url}/admin/\n"
            f"The families' phones {processes.simulator.url}/simulator/\n"
            f"Their mailbox        {processes.simulator.url}/simulator/mailbox/\n"
            f"A family's own page  {processes.web_url}/my/ "
            f"(identify with {city.somebody_to_be()})\n\n"
            "Everything runs until Ctrl-C."
        )
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


def _settings_of(processes: Running) -> override_settings:
    """This process calls the services too: it must name the same addresses as the others."""
    return override_settings(
        HP_PUBLIC_URL=processes.web_url,
        TWILIO_BASE_URL=processes.simulator.url,
        EMAIL_HOST=processes.simulator.smtp_host,
        EMAIL_PORT=processes.simulator.smtp_port,
        QUIET_HOURS=None,
    )
