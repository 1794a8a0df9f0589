"""The newest heads of the seal, for everybody, with the key that signed them."""

import pytest
from django.test import Client
from django.urls import reverse

from consents.services.heads import is_signed, newest_heads, public_key
from consents.services.seal import seal
from tests.consents.records import used

pytestmark = pytest.mark.django_db(transaction=True)


def test_before_anything_was_sealed_there_are_none() -> None:
    assert newest_heads(3) == []
    assert Client().get(reverse("offers:transparency-seal")).json()["heads"] == []


def test_the_newest_come_first_and_are_signed_with_the_published_key() -> None:
    for _day in range(4):
        used(1)
        seal()
    newest = newest_heads(3)
    numbers = [head.number for head in newest]
    assert numbers == list(range(numbers[0], numbers[0] - 3, -1))
    assert all(is_signed(head.head, head.signature) for head in newest)
    said = Client().get(reverse("offers:transparency-seal")).json()
    assert said["ed25519_public_key"] == public_key().hex()
    assert [row["number"] for row in said["heads"]][:3] == numbers
    assert [row["head"] for row in said["heads"]][:3] == [head.head.hex() for head in newest]
    assert len(newest_heads(1000)) == numbers[0]
