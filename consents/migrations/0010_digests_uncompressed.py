from django.db import migrations

TABLES = ("consents_unsealeddigests", "consents_sealblock")


def storage(how: str) -> str:
    """SQL that stores the digests of both tables in this way."""
    return "; ".join(f"ALTER TABLE {table} ALTER digests SET STORAGE {how}" for table in TABLES)


class Migration(migrations.Migration):
    """Digests are not compressed: they hardly can be, and trying cost a third of the sealer's time."""

    dependencies = [
        ("consents", "0009_chosen_language"),
    ]

    operations = [
        migrations.RunSQL(storage("EXTERNAL"), storage("EXTENDED")),
    ]
