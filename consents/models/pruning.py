"""SealPruning: what of the seal was taken off, and by whose word."""

from datetime import UTC

from django.db import models
from django.utils.translation import gettext_lazy as _

from consents.models.append_only import Sealed


class SealPruning(Sealed):
    """The first blocks up to ``through``, whose head was ``head``, were taken off on purpose.

    Signed by the installation, and itself sealed: the chain's next head speaks for it.
    """

    through = models.PositiveBigIntegerField(_("up to block"))
    head = models.BinaryField(editable=False)
    older_than = models.DateTimeField(_("older than"))
    signature = models.BinaryField(editable=False)

    class Meta(Sealed.Meta):
        verbose_name = _("pruning of the seal")
        verbose_name_plural = _("prunings of the seal")

    def __str__(self) -> str:
        return f"pruning {self.pk}"

    def statement(self) -> bytes:
        """What is signed."""
        lines = (
            f"pruned through={self.through}",
            f"head={bytes(self.head).hex()}",
            f"older_than={self.older_than.astimezone(UTC).isoformat()}",
        )
        return "\n".join(lines).encode()
