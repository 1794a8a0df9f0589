"""What families fill in on the web."""

from django import forms
from django.utils.translation import gettext_lazy as _

from offers.models import AnswerKind

WISH_LENGTH = 1000


class AnswerForm(forms.Form):
    """An answer to one offer; a wish for another place may say where."""

    offer = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(choices=AnswerKind.choices)
    wish = forms.CharField(
        required=False, max_length=WISH_LENGTH, widget=forms.Textarea, strip=True
    )


class RatingForm(forms.Form):
    """What the guardian thought of it."""

    stars = forms.TypedChoiceField(
        choices=[(n, str(n)) for n in range(1, 6)],
        coerce=int,
        error_messages={"required": _("Choose a number from 1 to 5.")},
    )
    comment = forms.CharField(
        required=False, max_length=WISH_LENGTH, widget=forms.Textarea, strip=True
    )
