"""What a citizen says on these pages."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from consents.models import Purpose
from consents.services.rights import Rights, Statement
from helsinki_proactive.my.disputes import MyDispute, MyFact, names_of
from helsinki_proactive.my.page import MyChannel


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
    """One of the ways in which the person can be reached."""

    channel = forms.ChoiceField()

    def __init__(self, data: object, *, channels: Sequence[MyChannel]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        choices = [(one.kind, one.name) for one in channels]
        self.fields["channel"].choices = choices  # type: ignore[attr-defined]


class OfferForm(forms.Form):
    """The offer whose own page is to be opened."""

    offer = forms.IntegerField(min_value=1)


class DisputeForm(forms.Form):
    """A fact that is wrong; one that is disputed already cannot be chosen."""

    attribute = forms.ChoiceField(label=_("What is wrong"))
    should_be = forms.CharField(label=_("What it should be"), max_length=200)
    because = forms.CharField(
        label=_("How you know"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, data: object = None, *, facts: Sequence[MyFact], disputes: Sequence[MyDispute]
    ) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        disputed = {one.attribute for one in disputes if one.settled_at is None}
        names = names_of(facts).items()
        choices = [(code, name) for code, name in names if code not in disputed]
        self.fields["attribute"].choices = choices  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "hds-text-input__input"
