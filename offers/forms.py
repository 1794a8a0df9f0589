"""What families fill in on the web."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from offers.models import AnswerKind

WISH_LENGTH = 1000
CHOOSE_STARS = _("Choose a number from 1 to 5.")
CHOOSE_ORDER = _("Choose one of these orders.")


class AnswerForm(forms.Form):
    """An answer to one of ``offers`` (ids); a wish for another place may say where."""

    answer = forms.ChoiceField(choices=AnswerKind.choices)
    wish = forms.CharField(
        required=False, max_length=WISH_LENGTH, widget=forms.Textarea, strip=True
    )

    def __init__(self, *args: Any, offers: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(offer, offer) for offer in offers]
        self.fields["offer"] = forms.TypedChoiceField(choices=choices, coerce=int)


class RatingForm(forms.Form):
    """What the guardian thought of it."""

    stars = forms.TypedChoiceField(
        choices=[(n, str(n)) for n in range(1, 6)],
        coerce=int,
        error_messages={"required": CHOOSE_STARS, "invalid_choice": CHOOSE_STARS},
    )
    comment = forms.CharField(
        required=False, max_length=WISH_LENGTH, widget=forms.Textarea, strip=True
    )


class OrderForm(forms.Form):
    """One of ``orders``, each a value and its words, in which somebody is to be written to."""

    def __init__(self, *args: Any, orders: Collection[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        errors = {"required": CHOOSE_ORDER, "invalid_choice": CHOOSE_ORDER}
        self.fields["order"] = forms.ChoiceField(choices=list(orders), error_messages=errors)
