"""ObjectionTombstone: that somebody objects whom we have erased."""

from django.db import models

from consents.models.bases import Purpose
from consents.models.statements import How


class ObjectionTombstone(models.Model):
    """An objection whose person is erased; it is raised again if a register brings them back.

    Who it was is known by keyed digests only (docs/adr/0015): the digest answers "is it this one",
    and nothing else. The row goes once its objection stands for a row of a person again.
    """

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="+")
    how = models.CharField(max_length=9, choices=How.choices)
    key_digest = models.BinaryField(editable=False)
    code_digest = models.BinaryField(null=True, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["key_digest"]), models.Index(fields=["code_digest"])]

    def __str__(self) -> str:
        return f"tombstone {self.pk}"
