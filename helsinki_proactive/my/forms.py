"""What a citizen says on these pages."""

from collections.abc import Sequence

from django import forms

from consents.models import Purpose
from consents.services.rights import Rights, Statement
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
