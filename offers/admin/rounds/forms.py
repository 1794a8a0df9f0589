"""What a caseworker or an approver fills in about a round."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from citizens.languages import ContactLanguage, say
from offers.delivery.quiet import is_quiet_day
from offers.models import Capacity, Outcome, Round, Service
from offers.rounds.outcomes import BY_HAND
from offers.templatetags.words import staff_name

ANSWERS_UNTIL = 16
"""The hour of the day a deadline is proposed at: the switchboard still answers."""


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """The browser's own calendar and clock, in Helsinki's time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class DraftForm(forms.Form):
    """A round's name, seats and days."""

    name = forms.CharField(label=_("Name of the round"), max_length=200)
    period = forms.ChoiceField(label=_("Seats"), help_text=_("The seats that are given out."))
    as_of = forms.DateField(
        label=_("The rule is asked for the day"),
        widget=DayInput,
        help_text=_("People are selected as the registers are on this day."),
    )
    begins_on = forms.DateField(label=_("The service begins"), widget=DayInput)
    ends_on = forms.DateField(label=_("The service ends"), widget=DayInput, required=False)
    deadline_at = forms.DateTimeField(label=_("Answers are wanted by"), widget=MomentInput)

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = service.answer_days
        self.fields["deadline_at"].help_text = _gettext("The service gives %(days)s days.") % {
            "days": days
        }
        periods = self.fields["period"]
        if service.needs_seat:
            periods.choices = _periods(service)  # type: ignore[attr-defined]
        else:
            del self.fields["period"]

    def clean(self) -> dict[str, Any]:
        """An end lies after the beginning, and the deadline in the future."""
        data = super().clean() or {}
        begins, ends, deadline = (data.get(key) for key in ("begins_on", "ends_on", "deadline_at"))
        if begins and ends and ends < begins:
            self.add_error("ends_on", _("The end lies before the beginning."))
        if deadline and deadline <= timezone.now():
            self.add_error("deadline_at", _("The deadline lies in the past."))
        data.setdefault("period", "")
        return data


def _periods(service: Service) -> list[tuple[str, str]]:
    rows = (
        Capacity.objects.filter(service=service)
        .values_list("period")
        .annotate(seats=Sum("seats"), taken=Sum("taken"))
        .order_by("-period")
    )
    text = _gettext("%(period)s: %(free)s free seats of %(seats)s")
    return [
        (period, text % {"period": period, "free": seats - taken, "seats": seats})
        for period, seats, taken in rows
    ]


def proposed_draft(service: Service) -> dict[str, Any]:
    """What a new round of the service probably looks like."""
    last = Round.objects.filter(service=service).order_by("-pk").first()
    today = timezone.localdate()
    newest = Capacity.objects.filter(service=service).order_by("-period").first()
    period = newest.period if newest else str(today.year)
    return {
        "name": f"{say(service.name, get_language())} {period}",
        "period": period,
        "as_of": proposed_day(period),
        "begins_on": last.begins_on if last and last.begins_on > today else None,
        "deadline_at": proposed_deadline(service),
    }


def proposed_day(period: str) -> date:
    """Today, or the first day of the year the seats are for: rules speak of that year."""
    today = timezone.localdate()
    year = int(period) if re.fullmatch(r"20\d\d", period) else today.year
    return max(today, date(year, 1, 1))


def proposed_deadline(service: Service) -> datetime:
    """As many days from today as the service gives, and not on a day people rest."""
    moment = timezone.localtime().replace(hour=ANSWERS_UNTIL, minute=0, second=0, microsecond=0)
    moment += timedelta(days=service.answer_days)
    while is_quiet_day(moment.date()):
        moment += timedelta(days=1)
    return moment


class ReasonForm(forms.Form):
    """Why: for everything somebody else will want to understand later."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Write no personal data here."),
    )


class TestForm(forms.Form):
    """One's own phone."""

    phone = forms.CharField(label=_("Your phone number"), max_length=30)
    language = forms.ChoiceField(label=_("Language"), choices=ContactLanguage.choices)


class SeatChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A seat, named by its unit, group and time."""

    def label_from_instance(self, capacity: Any) -> str:
        parts = [say(capacity.unit.name, get_language()), capacity.group]
        parts += [capacity.get_kind_display()] if capacity.kind else []
        if capacity.starts_at:
            parts.append(f"{timezone.localtime(capacity.starts_at):%d.%m.%Y %H.%M}")
        free = _gettext("%(free)s to give out") % {"free": capacity.seats - capacity.taken}
        return " · ".join([*filter(None, parts), free])


class PinForm(forms.Form):
    """The seat a child gets whatever the criteria say; none lets the criteria decide."""

    capacity = SeatChoice(
        label=_("Seat"),
        queryset=Capacity.objects.none(),
        required=False,
        empty_label=_("As the criteria decide"),
    )

    def __init__(self, *args: Any, seats: "QuerySet[Capacity]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["capacity"].queryset = seats  # type: ignore[attr-defined]


class SettleForm(forms.Form):
    """How somebody's story in the round ends, and where, if placed by hand."""

    outcome = forms.TypedChoiceField(
        label=_("Outcome"),
        choices=[(outcome.value, outcome.label) for outcome in BY_HAND],
        coerce=Outcome,
    )
    capacity = SeatChoice(
        label=_("Seat, if placed by hand"),
        queryset=Capacity.objects.none(),
        required=False,
        empty_label=_("The seat reserved already"),
    )

    def __init__(self, *args: Any, seats: "QuerySet[Capacity]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["capacity"].queryset = seats  # type: ignore[attr-defined]


class OwnerChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An employee, by name."""

    def label_from_instance(self, user: Any) -> str:
        return staff_name(user)


class AssignForm(forms.Form):
    """Who brings it to its end: somebody whose work that is."""

    owner = OwnerChoice(label=_("Owner"), queryset=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = caseworkers()  # type: ignore[attr-defined]


def caseworkers() -> "QuerySet[AbstractUser]":
    """Everybody who may settle what is open."""
    users = get_user_model()._default_manager.with_perm(
        "offers.change_subject",
        include_superusers=False,
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return users.order_by("last_name", "username")
