"""Where a person had chosen the first channel, there is now an order that begins with it."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consents", "0002_sealed")]

    operations = [
        migrations.AddField(
            "channelchoice",
            "channels",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(max_length=7), verbose_name="channels", default=list
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE consents_channelchoice SET channels = ARRAY[channel]",
            "UPDATE consents_channelchoice SET channel = channels[1]",
        ),
        migrations.RemoveField("channelchoice", "channel"),
        migrations.AddConstraint(
            "channelchoice",
            models.CheckConstraint(
                condition=models.Q(channels__len__gte=1), name="channel_choice_not_empty"
            ),
        ),
    ]
