"""Settings come from the environment, and say what is missing in plain words."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from helsinki_proactive.environment import Environment

CHECKOUT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = CHECKOUT / ".env.example"
COMPOSE = CHECKOUT / "docker-compose.yml"


def example() -> dict[str, str]:
    """The variables of .env.example, as a shell reads them."""
    script = f"set -a; . '{EXAMPLE}'; env -0"
    listed = subprocess.run(
        ["/bin/sh", "-c", script], env={}, capture_output=True, text=True, check=True
    )
    variables = dict(line.split("=", 1) for line in listed.stdout.split("\0") if line)
    return {name: value for name, value in variables.items() if name not in ("PWD", "_", "SHLVL")}


def read_setting(name: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a fresh process with this environment alone gets for a setting."""
    script = f"from helsinki_proactive import settings; print(repr(settings.{name}))"
    return subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(CHECKOUT), "PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_names_everything_that_is_missing_at_once() -> None:
    said = read_setting("DEBUG", {"HP_ENV": "production"}).stderr
    for name in ("HP_PUBLIC_URL", "SECRET_KEY", "HP_KEYS", "DATABASE_URL", "TWILIO_AUTH_TOKEN"):
        assert f"{name} is not set: " in said
    assert ".env.example" in said


def test_the_example_is_enough_for_production() -> None:
    done = read_setting("DEBUG", example())
    assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr


def test_debugging_cannot_be_switched_on_where_people_are_served() -> None:
    assert read_setting("DEBUG", example() | {"DEBUG": "true"}).stdout.strip() == "False"


def test_a_forgotten_environment_answers_on_this_machine_only() -> None:
    hosts = read_setting("ALLOWED_HOSTS", {}).stdout
    assert set(re.findall(r"'(.*?)'", hosts)) <= {"127.0.0.1", "localhost", "[::1]"}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HP_ENV": "live"}, "HP_ENV must be one of"),
        ({"DATABASE_URL": "city"}, "DATABASE_URL is not the address of a PostgreSQL"),
        ({"DATABASE_URL": "mysql://a:b@db/x"}, "DATABASE_URL is not the address of a PostgreSQL"),
        ({"REDIS_URL": "broker:6379"}, "REDIS_URL is not the address of a Valkey or Redis"),
        ({"QUIET_HOURS": "20-8"}, "QUIET_HOURS cannot be read"),
        ({"SENDING_CONCURRENCY": "many"}, "SENDING_CONCURRENCY must be"),
        ({"TWILIO_FROM": "Helsinki"}, "TWILIO_FROM must be a number that can be answered"),
        ({"TWILIO_SENDER_NAME": "Helsingin kaupunki"}, "a name of at most 11 letters"),
        ({"TWILIO_SENDER_NAME": "09310"}, "a name of at most 11 letters"),
        ({"SUOMIFI_USERNAME": "hki"}, "SUOMIFI_PASSWORD and SUOMIFI_SERVICE_ID go with it"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(variables: dict[str, str], said: str) -> None:
    assert said in read_setting("DEBUG", variables).stderr


def test_a_database_that_says_nothing_is_not_waited_for() -> None:
    said = read_setting("DATABASES", example()).stdout
    assert re.search(r"'connect_timeout': \d", said)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("city", "DATABASE_URL is not the address"),
        ("postgres://hp_app:x@127.0.0.1:1/hp", "the database cannot be reached; is DATABASE_URL"),
    ],
)
def test_a_command_says_what_is_wrong_with_its_environment_without_a_traceback(
    address: str, said: str
) -> None:
    command = [sys.executable, str(CHECKOUT / "manage.py"), "seed_city", "--people=300"]
    environment = os.environ | {"DATABASE_URL": address}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "hours"), [("8-20", "(8, 20)"), ("off", "None"), ("0-24", "(0, 24)")]
)
def test_quiet_hours(text: str, hours: str) -> None:
    assert read_setting("QUIET_HOURS", {"QUIET_HOURS": text}).stdout.strip() == hours


def test_a_complaint_does_not_repeat_the_value() -> None:
    environment = Environment({"HP_ENV": "test", "NUMBER": "secret"})
    environment.integer("NUMBER", default=1)
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.complain()
    assert "NUMBER" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_owner_is_used_by_migrations_only() -> None:
    roles = {"DATABASE_URL": "postgres://a@h/d", "DATABASE_OWNER_URL": "postgres://o@h/d"}
    as_app = read_setting("DATABASES['default']['USER']", roles)
    as_owner = read_setting("DATABASES['default']['USER']", roles | {"HP_DATABASE_ROLE": "owner"})
    assert (as_app.stdout.strip(), as_owner.stdout.strip()) == ("'a'", "'o'")


def variables_read() -> set[str]:
    files = (CHECKOUT / "helsinki_proactive" / "settings").glob("*.py")
    source = "".join(file.read_text() for file in files)
    return set(re.findall(r"env\.\w+\(\s*(?:#[^\n]*\n\s*)?\"([A-Z_]+)\"", source))


def test_the_example_has_every_variable_that_settings_read() -> None:
    chosen_by_commands = {"HP_DATABASE_ROLE", "DEBUG"}
    assert variables_read() - chosen_by_commands <= set(example())


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return document


def test_the_example_has_every_variable_of_the_composition() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{?([A-Z_]+)", COMPOSE.read_text()))
    assert asked
    assert asked <= set(example())


def test_only_who_changes_tables_or_prunes_is_told_the_owners_password() -> None:
    services = compose()["services"]
    told = {
        name
        for name, service in services.items()
        if service.get("environment", {}).get("DATABASE_OWNER_URL")
    }
    assert told == {"migrate", "prune"}


def test_nothing_is_served_before_the_database_is_migrated() -> None:
    for name in ("web", "worker", "beat"):
        service = compose()["services"][name]
        assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert service["read_only"] is True
