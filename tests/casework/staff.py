"""Employees at work in the admin: signed in, each with a role."""

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from helsinki_proactive.staff.models import User
from helsinki_proactive.staff.roles import ADMINISTRATOR, APPROVER, CASEWORKER
from offers.models import Round
from tests.rounds.city import a_user

BACKEND = "helsinki_proactive.staff.signing_in.PasswordBackend"
ROLES = (CASEWORKER, APPROVER, ADMINISTRATOR)


def employee(role: str, name: str | None = None) -> User:
    """Somebody with this role alone; named like the role, as tests.rounds.journeys expects."""
    user = a_user(name or role)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.groups.set([Group.objects.get(name=role)])
    user.refresh_from_db()
    return user


def at_work(role: str, name: str | None = None, *, language: str = "en") -> Client:
    """The browser of such an employee."""
    client = Client(headers={"accept-language": language})
    client.force_login(
        employee(role, name), backend="helsinki_proactive.staff.signing_in.PasswordBackend"
    )
    return client


def page(round: Round, name: str = "change", *more: object) -> str:
    """The address of one of a round's pages."""
    return reverse(f"admin:offers_round_{name}", args=[round.pk, *more])


def step(client: Client, round: Round, name: str, **data: str) -> str:
    """Press the button of a step; returns the page that follows."""
    response = client.post(page(round, "step", name), data, follow=True)
    return response.content.decode()
