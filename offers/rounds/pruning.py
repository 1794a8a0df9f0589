"""Which sealed rows may go with their block: those of rounds that are no longer kept.

A block goes when it is older than the longest retention of any legal basis. What still matters is
carried forward: the record of a round that is kept, its answers and its approval, a consent or an
objection that stands, or that was taken back while what it took back is still there.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from consents.models import ConsentEvent, DataUse, LegalBasis, Objection, Processing, Sealed
from consents.services.pruning import Kept, Pruned, prune_seal
from offers.models import Answer, Round
from offers.rounds.kept import kept_rounds


def prune(*, now: datetime) -> list[Pruned]:
    """Take off all blocks whose time is over; what each transaction took. As the owner only."""
    longest = LegalBasis.objects.order_by("-retention_days").first()
    if longest is None:
        return []
    older_than = now - timedelta(days=longest.retention_days)
    done: list[Pruned] = []
    while (pruned := prune_seal(older_than=older_than, kept=_kept(now))).through:
        done.append(pruned)
    return done


def _kept(now: datetime) -> dict[type[Sealed], Kept]:
    rounds = kept_rounds(now)

    def answers(ids: list[int]) -> Collection[int]:
        return _ids(Answer, ids, Q(offer__round__in=rounds))

    def uses(ids: list[int]) -> Collection[int]:
        return _ids(DataUse, ids, Q(processing__in=rounds.values("processing")))

    def processings(ids: list[int]) -> Collection[int]:
        """Whatever is still referred to."""
        used = DataUse.objects.filter(processing=OuterRef("pk"))
        of_round = Round.objects.filter(processing=OuterRef("pk"))
        return _ids(Processing, ids, Exists(used) | Exists(of_round))

    return {
        Answer: answers,
        DataUse: uses,
        Processing: processings,
        ConsentEvent: _unless_over(ConsentEvent),
        Objection: _unless_over(Objection),
    }


def _unless_over(model: Any) -> Callable[[list[int]], Collection[int]]:
    """What one person said of one purpose goes together, once the last of it takes it back."""

    def kept(ids: list[int]) -> Collection[int]:
        same = model.objects.filter(person=OuterRef("person"), purpose=OuterRef("purpose"))
        stays = same.exclude(pk__in=ids)
        stands = model.objects.standing().filter(
            person=OuterRef("person"), purpose=OuterRef("purpose")
        )
        return _ids(model, ids, Exists(stays) | Exists(stands))

    return kept


def _ids(model: Any, ids: list[int], condition: Any) -> Collection[int]:
    return set(model.objects.filter(condition, pk__in=ids).values_list("pk", flat=True))
