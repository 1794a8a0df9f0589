"""Texts in several languages, and employees, as the admin's pages name them."""

from collections.abc import Mapping

from django import template
from django.contrib.auth.models import AbstractUser
from django.utils.translation import get_language

from citizens.languages import say

register = template.Library()


@register.filter
def said(texts: Mapping[str, str] | None) -> str:
    """The text in the page's language."""
    return say(texts, get_language()) if texts else ""


@register.filter
def staff_name(user: AbstractUser | None) -> str:
    """The employee's name, else the user name; a dash for nobody."""
    if user is None:
        return "–"
    return user.get_full_name() or user.get_username()
