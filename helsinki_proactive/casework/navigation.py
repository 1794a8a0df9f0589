"""The admin's sidebar: what each role works with, and how much waits."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from offers.delivery.paper import waiting
from offers.models import ReviewCase

Item = dict[str, Any]


def navigation(request: HttpRequest) -> list[Item]:
    """The groups of the sidebar; what somebody may not open is not shown."""
    return [
        {
            "title": _("Casework"),
            "items": [
                _item(_("Today"), "dashboard", "admin:index", ""),
                _queue(request),
                _item(_("Search"), "search", "casework:search", "citizens.view_person"),
            ],
        },
        {
            "title": _("Rounds"),
            "items": [
                _listed(_("Rounds"), "campaign", "offers.round"),
                _listed(_("Offers"), "redeem", "offers.offer"),
                _listed(_("Messages"), "sms", "offers.message"),
                _letters(),
                _listed(_("The switch"), "front_hand", "offers.sendinghalt"),
            ],
        },
        {
            "title": _("Services"),
            "items": [
                _listed(_("Services"), "category", "offers.service"),
                _item(
                    _("Who is not served"),
                    "group_add",
                    "casework:unserved",
                    "offers.view_eligibilityrule",
                ),
                _listed(_("Texts"), "article", "offers.servicetext"),
                _listed(_("Rules"), "rule", "offers.eligibilityrule"),
                _listed(_("Legal bases"), "gavel", "consents.legalbasis"),
                _listed(_("Units"), "home_work", "offers.unit"),
                _listed(_("Seats"), "event_seat", "offers.capacity"),
                _listed(_("Admission areas"), "map", "offers.admissionarea"),
            ],
        },
        {
            "title": _("Upkeep"),
            "items": [
                _listed(_("Staff"), "badge", "staff.user"),
                _listed(_("Register imports"), "upload_file", "citizens.registerimport"),
                _listed(_("Facts"), "fact_check", "citizens.attribute"),
                _listed(_("Erased data"), "auto_delete", "consents.erasure"),
            ],
        },
    ]


def _queue(request: HttpRequest) -> Item:
    """The queue, with how many cases nobody has taken yet."""
    item = _item(_("Queue"), "inbox", "casework:queue", "offers.view_reviewcase")
    waiting = ReviewCase.objects.open().filter(taken_by=None).count()
    return item | {"badge": str(waiting)} if waiting else item


def _letters() -> Item:
    """The print queue, with how many letters wait."""
    item = _listed(_("Letters"), "print", "offers.letterbatch")
    count = waiting().count()
    return item | {"badge": str(count)} if count else item


def _item(title: str | Promise, icon: str, view: str, permission: str) -> Item:
    link = reverse_lazy(view)
    return {"title": title, "icon": icon, "link": link, "permission": _allowed(permission)}


def _listed(title: str | Promise, icon: str, model: str) -> Item:
    app, name = model.split(".")
    return _item(title, icon, f"admin:{app}_{name}_changelist", f"{app}.view_{name}")


def _allowed(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: not permission or request.user.has_perm(permission)
