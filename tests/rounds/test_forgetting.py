"""Samples hold names: they go when a shown person becomes protected or objects."""

import pytest

from citizens.models import Guardianship
from consents.models.statements import How
from consents.services.objections import raise_objection
from tests.rounds.city import a_family, preschool, seats
from tests.rounds.journeys import prepared

pytestmark = pytest.mark.django_db


def test_samples_go_when_somebody_in_them_objects() -> None:
    [child] = a_family()
    seats(1)
    round = prepared()
    guardian = Guardianship.objects.get(child=child).guardian
    raise_objection(person=guardian, purpose=preschool().purpose, how=How.WEB)
    round.refresh_from_db()
    assert "samples" not in round.preview


def test_samples_stay_when_it_is_somebody_else() -> None:
    a_family()
    [other] = a_family(protected=True)
    seats(1)
    round = prepared()
    raise_objection(person=other, purpose=preschool().purpose, how=How.WEB)
    round.refresh_from_db()
    assert round.preview["samples"]["fi"]
