"""Samples hold names: they go as soon as one of the people may not be shown any more."""

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from consents.signals import contact_forbidden
from offers.models import Round


@receiver(contact_forbidden)
def forget_samples(*, person_ids: Collection[int], **signal: Any) -> None:
    """Take away the samples of undecided rounds that these people are subjects or readers of."""
    forbidden = set(person_ids)
    with_samples = Round.objects.select_for_update().filter(preview__has_key="samples")
    for round in with_samples:
        shown = {
            person
            for samples in round.preview["samples"].values()
            for sample in samples
            for person in sample["people"]
        }
        if shown & forbidden:
            del round.preview["samples"]
            round.save(update_fields=["preview"])
