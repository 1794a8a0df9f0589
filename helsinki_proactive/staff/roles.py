"""The roles and what each may do. A role is a group; the table here is its only source."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

CASEWORKER = "caseworker"
APPROVER = "approver"
ADMINISTRATOR = "administrator"
UNIT_HEAD = "unit_head"

_ROUNDS = (
    *("offers.view_service", "offers.view_servicetext", "offers.view_eligibilityrule"),
    *("offers.view_unit", "offers.view_capacity", "offers.view_admissionarea"),
    *("offers.view_round", "offers.view_subject", "offers.view_approval"),
    *("consents.view_purpose", "consents.view_legalbasis"),
    *("offers.view_sendinghalt", "offers.add_sendinghalt"),
)

PERMISSIONS: dict[str, tuple[str, ...]] = {
    # Writes rules, prepares and runs rounds, answers what needs a person.
    CASEWORKER: (
        *_ROUNDS,
        *("citizens.view_person", "citizens.view_guardianship", "citizens.view_contactpoint"),
        *("consents.view_consentevent", "consents.view_objection"),
        *("offers.view_offer", "offers.view_answer", "offers.view_message", "offers.view_reply"),
        *("offers.add_round", "offers.change_round", "offers.change_subject"),
        *("offers.add_eligibilityrule", "offers.change_eligibilityrule"),
        *("offers.view_unitlook", "offers.add_unitlook"),
        *("offers.add_answer", "offers.view_reviewcase", "offers.change_reviewcase"),
        "offers.change_sendinghalt",
        *("offers.view_letterbatch", "offers.add_letterbatch", "offers.change_letterbatch"),
    ),
    # Approves what somebody else has prepared; has no queue and opens nobody's story.
    APPROVER: (
        *_ROUNDS,
        "offers.add_approval",
        "offers.approve_eligibilityrule",
        "offers.view_unitlook",
    ),
    # Looks at whom a round would send to the unit, when asked; sees nothing else.
    UNIT_HEAD: ("offers.change_unitlook",),
    # Keeps services, places and the staff; sees nobody's story.
    ADMINISTRATOR: (
        *("staff.view_user", "staff.add_user", "staff.change_user", "auth.view_group"),
        *("citizens.view_attribute", "citizens.view_registerimport"),
        *("consents.view_purpose", "consents.view_legalbasis", "consents.view_erasure"),
        *("offers.view_service", "offers.view_servicetext", "offers.view_eligibilityrule"),
        *("offers.view_unit", "offers.view_capacity", "offers.view_admissionarea"),
        "offers.change_servicetext",
        *("offers.view_round", "offers.view_message", "offers.view_sendinghalt"),
        *("offers.add_sendinghalt", "offers.change_sendinghalt"),
    ),
}
"""Role -> permissions, each ``app.codename``."""


def grant_to_roles(*, using: str, **signal: Any) -> None:
    """Make the groups, with exactly the permissions of the table; the handler of post_migrate."""
    for role, names in PERMISSIONS.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set(permissions(names, using=using))


def permissions(names: tuple[str, ...], *, using: str = "default") -> list[Permission]:
    """The permissions with these names that the database knows."""
    wanted = Q(pk__in=[])
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.using(using).filter(wanted))
