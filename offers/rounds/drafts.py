"""A round's draft: which service, which seats, which days."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from offers.models import Round, RoundState, Service
from offers.rounds.approval import back_to_draft
from offers.rounds.states import lock_round

LOTTERY_SEEDS = 2**31
CHANGEABLE = ("name", "period", "as_of", "begins_on", "ends_on", "deadline_at")


def draft_round(
    *,
    service: Service,
    name: str,
    period: str,
    as_of: date,
    begins_on: date,
    ends_on: date | None,
    deadline_at: datetime,
    by: AbstractUser,
) -> Round:
    """A new draft. The lottery that settles ties is drawn here, before anybody knows the list."""
    return Round.objects.create(
        service=service,
        name=name,
        period=period,
        as_of=as_of,
        begins_on=begins_on,
        ends_on=ends_on,
        deadline_at=deadline_at,
        lottery_seed=secrets.randbelow(LOTTERY_SEEDS),
        created_by_id=by.pk,
    )


@transaction.atomic
def change_draft(*, round: Round, changes: Mapping[str, Any], by: AbstractUser) -> Round:
    """Change a round's name, seats or days; a list that was drawn up has to be drawn up again.

    Raises WrongStateError once the list is frozen.
    """
    round = lock_round(round, RoundState.DRAFT, RoundState.PREPARED)
    changed = [name for name in CHANGEABLE if changes[name] != getattr(round, name)]
    for name in changed:
        setattr(round, name, changes[name])
    round.save(update_fields=changed)
    if round.state == RoundState.PREPARED and set(changed) - {"name"}:
        back_to_draft(round, reason=_("The dates or the seats were changed."), by=by)
    return round
