"""What a citizen says on these pages."""

from collections.abc import Sequence

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from citizens.languages import ContactLanguage
from citizens.models import Person
from consents.models import Purpose
from consents.services.rights import Rights, Statement
from helsinki_proactive.my.disputes import Names, names_of
from helsinki_proactive.my.page import MyChannel, MyPage


class StatementForm(forms.Form):
    """One of the statements that the rights allow now; ``notice`` is the hash of what was shown."""

    purpose = forms.ModelChoiceField(Purpose.objects.none())
    statement = forms.TypedChoiceField(
        choices=[(one.value, one.value) for one in Statement], coerce=Statement
    )
    notice = forms.CharField(required=False, max_length=64)

    def __init__(self, data: object, *, rights: Sequence[Rights]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self._allowed = {one.purpose.pk: one.may_say for one in rights}
        purposes = self.fields["purpose"]
        purposes.queryset = Purpose.objects.filter(pk__in=self._allowed)  # type: ignore[attr-defined]

    def clean(self) -> None:
        """The basis of the purpose decides what may be said."""
        purpose, statement = self.cleaned_data.get("purpose"), self.cleaned_data.get("statement")
        if purpose is not None and statement not in self._allowed[purpose.pk]:
            raise forms.ValidationError("not a right of this person now")


class ChannelForm(forms.Form):
    """One of the ways in which the person can be reached, and the language to write in."""

    channel = forms.ChoiceField()
    written_in = forms.ChoiceField(choices=ContactLanguage.choices, required=False)

    def __init__(self, data: object, *, channels: Sequence[MyChannel]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        choices = [(one.kind, one.name) for one in channels]
        self.fields["channel"].choices = choices  # type: ignore[attr-defined]
        self.fields["channel"].required = bool(choices)


class OfferForm(forms.Form):
    """The offer whose own page is to be opened."""

    offer = forms.IntegerField(min_value=1)


class DisputeForm(forms.Form):
    """A fact that is wrong; one that is disputed already cannot be chosen.

    What the page does not show cannot be chosen either, and is refused in the same words.
    """

    attribute = forms.ChoiceField(
        label=_("What is wrong"),
        error_messages={"invalid_choice": _("Choose one of the facts in the list.")},
    )
    should_be = forms.CharField(label=_("What it should be"), max_length=200)
    because = forms.CharField(
        label=_("How you know"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: object = None, *, page: MyPage) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self._people: dict[str, Person] = {}
        self._disputed = {one.about for one in page.disputes if one.settled_at is None}
        own = self._choices(names_of(page.facts), page.person)
        children = [
            (child.name, self._choices(names_of(child.facts, child.person), child.person))
            for child in page.children
        ]
        grouped = [(page.person.call_name, own), *children] if children else own
        self.fields["attribute"].choices = grouped  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "hds-text-input__input"

    def _choices(self, names: Names, person: Person) -> list[tuple[str, str | Promise]]:
        left = {about: name for about, name in names.items() if about not in self._disputed}
        self._people |= dict.fromkeys(left, person)
        return list(left.items())

    def said_about(self) -> tuple[Person, str]:
        """Of whom which fact is said to be wrong, once the form is valid."""
        about = self.cleaned_data["attribute"]
        return self._people[about], about.rpartition(":")[2]
