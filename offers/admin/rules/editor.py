"""The rule as a form: groups, all of which must hold, of criteria, any of which is enough."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from citizens.attributes import known_attributes
from offers.admin.rules.fields import PARTS, CriterionForm, Entry, entry_of
from offers.catalogue.criteria import MOST_CRITERIA, CriteriaError
from offers.eligibility.versions import check_rule

FIELD = re.compile(rf"(\d{{1,3}})-(\d{{1,3}})-({'|'.join(PARTS)})")
REMOVE = re.compile(r"remove-(\d{1,3})-(\d{1,3})")
ADD = re.compile(r"add-(\d{1,3})")
NEW_GROUP = "add-group"
BLANK: Entry = {}

Groups = list[list[Entry]]


class RuleEditor:
    """What is in the form, and what is wrong with it.

    ``groups`` are lists of forms; ``problems`` what is said of a whole group, by its number, and
    of the whole rule (None). ``criteria`` is the rule in its canonical form, or None while
    something is wrong.
    """

    def __init__(self, groups: Groups) -> None:
        known = known_attributes()
        self.groups = [
            [
                CriterionForm(entry, prefix=f"{number}-{place}", known=known)
                for place, entry in enumerate(group)
            ]
            for number, group in enumerate(groups)
        ]
        self.problems: dict[int | None, list[str]] = {}
        self.criteria = self._checked()

    @classmethod
    def of(cls, criteria: Mapping[str, Any] | None) -> "RuleEditor":
        """The form of a rule, or of none yet."""
        if criteria is None:
            return cls([[BLANK]])
        return cls([[entry_of(one) for one in group["any"]] for group in criteria["all"]])

    @classmethod
    def sent(cls, post: QueryDict) -> "RuleEditor":
        """The form as the browser sent it, after the button ``do`` was pressed."""
        return cls(_pressed(_groups(post), post.get("do", "")))

    @property
    def numbered(self) -> list[tuple[list[CriterionForm], list[str]]]:
        """Each group's criteria, and what is wrong with the group."""
        return [(group, self.problems.get(n, [])) for n, group in enumerate(self.groups)]

    @property
    def about_all(self) -> list[str]:
        """What is wrong with the rule as a whole."""
        return self.problems.get(None, [])

    def keep_quiet(self) -> None:
        """Say nothing of what is wrong: whoever writes is not ready yet."""
        self.problems.clear()
        for form in (form for group in self.groups for form in group):
            form.errors.clear()

    def _checked(self) -> dict[str, object] | None:
        if sum(map(len, self.groups)) > MOST_CRITERIA:
            self._say(None, _("There are more than %(most)s criteria.") % {"most": MOST_CRITERIA})
            return None
        if not self.groups:
            self._say(None, _("There are no criteria: everybody would match."))
            return None
        valid = [form.is_valid() for group in self.groups for form in group]
        if not all(valid):
            return None
        form = {"all": [{"any": [one.criterion() for one in group]} for group in self.groups]}
        try:
            return check_rule(form)
        except CriteriaError as error:
            for problem in error.problems:
                if len(problem.path) < 4:
                    number = int(problem.path[1]) if len(problem.path) > 1 else None
                    self._say(number, str(problem))
                else:
                    number, place = int(problem.path[1]), int(problem.path[3])
                    self.groups[number][place].refuse(problem.path, str(problem))
            return None

    def _say(self, number: int | None, words: str) -> None:
        self.problems.setdefault(number, []).append(words)


def _groups(post: QueryDict) -> Groups:
    found: dict[int, dict[int, dict[str, list[str]]]] = {}
    for name, values in post.lists():
        if match := FIELD.fullmatch(name):
            number, place = int(match[1]), int(match[2])
            texts = [str(value) for value in values]
            found.setdefault(number, {}).setdefault(place, {})[match[3]] = texts
    return [[group[place] for place in sorted(group)] for _n, group in sorted(found.items())]


def _pressed(groups: Groups, button: str) -> Groups:
    """The groups after a button that adds or removes."""
    if button == NEW_GROUP:
        return [*groups, [BLANK]]
    if (added := ADD.fullmatch(button)) and int(added[1]) < len(groups):
        groups[int(added[1])].append(BLANK)
    elif removed := REMOVE.fullmatch(button):
        number, place = int(removed[1]), int(removed[2])
        if number < len(groups) and place < len(groups[number]):
            del groups[number][place]
    return [group for group in groups if group]
