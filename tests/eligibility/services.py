"""Services to keep entitlements of."""

from itertools import count
from typing import Any

from django.db.models import Max
from django.utils import timezone

from consents.models import Purpose
from offers.models import EligibilityRule, Service

_numbers = count(1)


def a_service(**values: Any) -> Service:
    """A service in use that writes to the person."""
    code = f"kept-{next(_numbers)}"
    texts = dict.fromkeys(("fi", "sv", "en"), code)
    known = {
        "code": code,
        "name": texts,
        "description": texts,
        "purpose": Purpose.objects.create(code=code, name=texts, department=texts),
        "recipient": "self",
        "acceptance": "any",
        "silence": "release",
        "sensitivity": "ordinary",
        "channels": ["sms"],
        "answer_days": 14,
    }
    return Service.objects.create(**known | values)


def a_rule(criteria: dict[str, Any], service: Service | None = None) -> EligibilityRule:
    """The criteria as the version in force of the service, or of a new one."""
    service = service or a_service()
    newest = service.rules.aggregate(newest=Max("version"))["newest"] or 0
    return EligibilityRule.objects.create(
        service=service,
        version=newest + 1,
        criteria=criteria,
        from_file=True,
        approved_at=timezone.now(),
    )
