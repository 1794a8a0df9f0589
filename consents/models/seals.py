"""The seal: digests that wait for it, and the chain of blocks they are put into."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from consents.models.append_only import AppendOnly
from consents.models.digests import Digests


class UnsealedDigests(Digests):
    """What one statement added, until the sealer has chained it; written by triggers only."""

    since = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("unsealed digests")
        verbose_name_plural = _("unsealed digests")

    def __str__(self) -> str:
        return f"unsealed digests {self.pk}"


class SealBlock(Digests, AppendOnly):
    """A link of the chain: digests, bound to the block before by ``head``, which is signed.

    Blocks are numbered from 1 without a gap. ``consents/services/seal.py`` says what a head is.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    previous = models.BinaryField(editable=False)
    head = models.BinaryField(editable=False)
    signature = models.BinaryField(editable=False)

    class Meta(AppendOnly.Meta):
        verbose_name = _("block of the seal")
        verbose_name_plural = _("blocks of the seal")
        indexes = [models.Index(fields=["table_name", "first_id"])]
        constraints = [
            models.UniqueConstraint(fields=["previous"], name="seal_block_one_chain"),
        ]

    def __str__(self) -> str:
        return f"block {self.pk}"
