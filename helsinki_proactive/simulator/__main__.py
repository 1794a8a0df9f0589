"""Command line: python -m helsinki_proactive.simulator --help"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import uvloop

from helsinki_proactive.simulator.dials import DialError
from helsinki_proactive.simulator.machine import Machine
from helsinki_proactive.simulator.server import Ports, serve


def main() -> int:
    """Run the simulator; return the exit code."""
    options = _parser().parse_args()
    try:
        machine = Machine(
            account_sid=os.environ["TWILIO_ACCOUNT_SID"],
            auth_token=os.environ["TWILIO_AUTH_TOKEN"],
            log_path=options.log,
            senders=frozenset(options.sender),
            service_sender=options.sender[0] if options.sender else "+15005550006",
            seed=options.seed,
        )
    except KeyError as missing:
        sys.stderr.write(f"Set {missing.args[0]} in the environment.\n")
        return 2
    ports = Ports(options.port, options.smtp_port, options.ready, options.stop_with_stdin)
    try:
        uvloop.run(serve(machine, ports, _dials(options)))
    except (DialError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m helsinki_proactive.simulator",
        description="A Twilio-compatible SMS provider and a mail catcher, on loopback only. "
        "The account comes from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.",
    )
    parser.add_argument("--port", type=int, default=0, help="HTTP port (0: any free one)")
    parser.add_argument("--smtp-port", type=int, default=0, help="SMTP port (0: any free one)")
    parser.add_argument("--log", type=Path, help="append the record of everything here (JSONL)")
    parser.add_argument("--ready", type=Path, help="write the ports here once listening (JSON)")
    parser.add_argument("--webhook-url", help="where families' texts are posted")
    parser.add_argument("--status-callback-url", help="where statuses go if a message names none")
    parser.add_argument(
        "--sender", action="append", default=[], help="a number of the account (default: any)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the faults")
    parser.add_argument(
        "--dial",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="turn a dial at the start, the value as JSON: --dial 'fail={\"30003\": 0.02}'",
    )
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="stop when standard input is closed"
    )
    return parser


def _dials(options: argparse.Namespace) -> Mapping[str, object]:
    dials: dict[str, object] = {}
    for setting in options.dial:
        name, _, value = setting.partition("=")
        try:
            dials[name] = json.loads(value)
        except ValueError:
            raise DialError(f"{name} is not set as NAME=JSON") from None
    for name in ("webhook_url", "status_callback_url"):
        if getattr(options, name) is not None:
            dials[name] = getattr(options, name)
    return dials


if __name__ == "__main__":
    sys.exit(main())
