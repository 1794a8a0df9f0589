"""The services that are shipped."""

import pytest

from offers.catalogue.load import load_catalogue
from offers.models import Service

pytestmark = pytest.mark.django_db


def test_the_shipped_catalogue_loads_and_a_second_time_changes_nothing() -> None:
    first = load_catalogue()
    assert Service.objects.filter(code="preschool").exists()
    assert first.changes
    assert load_catalogue().changes == []
