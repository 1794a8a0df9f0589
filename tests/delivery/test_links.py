"""Links: unguessable, kept as hashes, gone when expired or revoked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from offers.delivery.links import address_of, issue_link, open_link, revoke_links
from offers.models import Link
from tests.rounds.city import a_person, a_round

pytestmark = pytest.mark.django_db


def a_token(*, days: int = 1) -> str:
    return issue_link(
        round=a_round(), guardian=a_person(), expires_at=timezone.now() + timedelta(days=days)
    )


def test_a_token_has_128_random_bits_and_is_not_kept() -> None:
    token = a_token()

    assert len(token) == 22
    assert a_token() != token
    assert token.encode() not in bytes(Link.objects.earliest("pk").token_hash)
    assert address_of(token).endswith(f"/o/{token}/")


def test_a_link_opens_until_it_expires() -> None:
    assert open_link(a_token()) is not None
    assert open_link(a_token(days=-1)) is None


def test_a_revoked_link_and_an_unknown_token_look_the_same() -> None:
    token = a_token()

    assert revoke_links(Link.objects.all()) == 1
    assert open_link(token) is None
    assert open_link("x" * 22) is None
    assert revoke_links(Link.objects.all()) == 0
