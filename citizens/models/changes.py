"""Whose facts have changed: a queue that the database fills, whoever writes and however."""

from django.db import models

from citizens.models.people import PersonQuerySet


class PersonChange(models.Model):
    """Somebody of whom something changed that a rule may read, and whom nobody has looked at since.

    Whoever looks takes the rows away in the very transaction that writes what was found: a change
    that commits later stays for the next time. No time is compared, so that the order in which
    transactions commit does not matter. The person may be deleted by then: the key is no foreign
    one.
    """

    person_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"change of person {self.person_id}"


class Examined(models.Model):
    """The people a nightly run looks at: a temporary table, there for one transaction.

    It has every column of Person that a rule may read, so that hundreds of rules can be asked of
    few people without looking for them among all. Somebody who was deleted is a row of nulls.
    """

    birth_date = models.DateField()
    sex = models.CharField(max_length=6)
    mother_tongue = models.CharField(max_length=8)
    contact_language = models.CharField(max_length=2)
    municipality = models.CharField(max_length=3)
    postal_code = models.CharField(max_length=5)
    died_on = models.DateField(null=True)
    moved_out_on = models.DateField(null=True)
    gone_at = models.DateTimeField(null=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "examined"
        default_permissions = ()

    def __str__(self) -> str:
        return f"person {self.pk}"
