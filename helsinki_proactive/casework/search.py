"""Finding a person: a POST, so that names and numbers stay out of addresses and logs."""

import re
from typing import Any

import phonenumbers
from django import forms
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from citizens.models import ContactKind, ContactPoint, Person
from offers.admin.pages import admin_page, staff_page
from offers.models import Offer

MOST_FOUND = 50
SHORTEST_NAME = 3
IDENTITY_CODE = re.compile(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", re.IGNORECASE)
OFFER_NUMBER = re.compile(r"#?(\d{1,6})")


class SearchForm(forms.Form):
    """What a caller can tell about themselves."""

    words = forms.CharField(
        label=_("Name, phone number, e-mail address, identity code or offer number"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


@staff_page("citizens.view_person")
def search(request: HttpRequest) -> HttpResponse:
    """The form, and whom it found."""
    form = SearchForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        found = find_people(form.cleaned_data["words"])
        people = found.annotate(
            children=Count("guardianships", distinct=True),
            subjects_=Count("subjects", distinct=True),
        )
        shown = list(people.order_by("last_name", "first_names")[: MOST_FOUND + 1])
        context |= {"found": shown[:MOST_FOUND], "more": len(shown) > MOST_FOUND, "asked": True}
    return admin_page(request, "casework/search.html", _("Search"), context)


def find_people(words: str) -> QuerySet[Person]:
    """The people a search means, by the form of what was typed.

    Phone numbers, addresses and identity codes are found through their keyed index, names by
    every word typed, at least three letters of them.
    """
    words = words.strip()
    if IDENTITY_CODE.fullmatch(words):
        return Person.objects.with_identity_code(words)
    if "@" in words:
        points = ContactPoint.objects.with_value(ContactKind.EMAIL, words)
        return Person.objects.filter(contact_points__in=points)
    if offer := OFFER_NUMBER.fullmatch(words):
        offers = Offer.objects.filter(pk=int(offer[1]))
        return Person.objects.filter(subjects__offers__in=offers)
    if number := _phone(words):
        points = ContactPoint.objects.with_value(ContactKind.SMS, number)
        return Person.objects.filter(contact_points__in=points)
    if len(words) < SHORTEST_NAME:
        return Person.objects.none()
    return Person.objects.named(words)


def _phone(words: str) -> str:
    """The number in E.164, or nothing if it is none."""
    if not re.fullmatch(r"[\d\s()+./-]{5,}", words):
        return ""
    try:
        parsed = phonenumbers.parse(words, "FI")
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
