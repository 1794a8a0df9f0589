"""Writing a version of a rule: the form, and beside it what it means and for whom."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citizens.languages import FAMILY_LANGUAGES, ContactLanguage, say
from citizens.models import Person
from offers.admin.pages import actor, admin_page, staff_page
from offers.admin.rules.editor import RuleEditor
from offers.eligibility.reach import examples, reach
from offers.eligibility.say import fact_sentences, sentences
from offers.eligibility.versions import (
    NotTheWriterError,
    RuleVersionError,
    change_proposal,
    propose_rule,
)
from offers.models import EligibilityRule, Service

SAVE, CHECK, PEOPLE = "save", "check", "people"
SAYS_WHAT_IS_WRONG = (SAVE, CHECK, PEOPLE)
"""Other buttons, and a changed field, do not: whoever still writes knows it is unfinished."""

Write = Callable[[dict[str, object]], EligibilityRule]


@staff_page("offers.add_eligibilityrule")
def new_version(request: HttpRequest) -> HttpResponse:
    """The services to choose from; with ``?service=`` the form, beginning with what is in force.

    ``?from=`` begins with another version (its id).
    """
    code = request.GET.get("service")
    if code is None:
        return _choose_service(request)
    service = get_object_or_404(
        Service.objects.select_related("purpose"), code=code.replace("\x00", "")
    )
    user = actor(request)

    def write(criteria: dict[str, object]) -> EligibilityRule:
        return propose_rule(service=service, criteria=criteria, by=user)

    return _write(request, service, _begin_with(request, service), write)


@staff_page("offers.change_eligibilityrule")
def edit_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's own proposal."""
    rules = EligibilityRule.objects.proposed().select_related("service__purpose")
    rule = get_object_or_404(rules, pk=pk)
    user = actor(request)
    if rule.created_by_id != user.pk:
        messages.error(request, str(NotTheWriterError()))
        return redirect("admin:offers_eligibilityrule_change", pk)

    def write(criteria: dict[str, object]) -> EligibilityRule:
        return change_proposal(rule=rule, criteria=criteria, by=user)

    return _write(request, rule.service, rule, write)


def _begin_with(request: HttpRequest, service: Service) -> EligibilityRule | None:
    versions = EligibilityRule.objects.filter(service=service)
    chosen = request.GET.get("from", "")
    if chosen.isdigit():
        return get_object_or_404(versions, pk=int(chosen))
    return versions.in_force().first()


def _write(
    request: HttpRequest, service: Service, begin_with: EligibilityRule | None, write: Write
) -> HttpResponse:
    if request.method != "POST":
        editor = RuleEditor.of(begin_with.criteria if begin_with else None)
        return _form_page(request, service, editor, begin_with)
    editor, pressed = RuleEditor.sent(request.POST), request.POST.get("do", "")
    if pressed == SAVE and editor.criteria is not None:
        try:
            rule = write(editor.criteria)
        except RuleVersionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Written. Somebody else now approves it."))
            return redirect("admin:offers_eligibilityrule_change", rule.pk)
    if pressed not in SAYS_WHAT_IS_WRONG:
        editor.keep_quiet()
    return _form_page(request, service, editor, begin_with, with_people=pressed == PEOPLE)


def _form_page(
    request: HttpRequest,
    service: Service,
    editor: RuleEditor,
    begin_with: EligibilityRule | None,
    *,
    with_people: bool = False,
) -> HttpResponse:
    name = say(service.name, get_language())
    may_see_people = actor(request).has_perm("citizens.view_person")
    context = {
        "service": service,
        "service_name": name,
        "editor": editor,
        "begin_with": begin_with,
        "may_see_people": may_see_people,
        **_meaning(service, editor.criteria),
    }
    if with_people and may_see_people and editor.criteria:
        context["people"] = _people(request, service, editor.criteria)
    title = _("The rule of %(service)s") % {"service": name}
    return admin_page(request, "admin/offers/rule/edit.html", title, context)


def _meaning(service: Service, criteria: dict[str, object] | None) -> dict[str, Any]:
    """The rule in words, and whom it means now in comparison with the version in force."""
    in_force = EligibilityRule.objects.in_force().filter(service=service).first()
    if criteria is None:
        return {"in_force": in_force}
    today = timezone.localdate()
    before = in_force.criteria if in_force else None
    return {
        "in_force": in_force,
        "words": words(criteria),
        "reach": reach(criteria, service=service, as_of=today, instead_of=before),
        "today": today,
    }


def words(criteria: object) -> list[dict[str, Any]]:
    """The rule's sentences in each language families read."""
    today = timezone.localdate()
    return [
        {
            "code": language,
            "language": ContactLanguage(language).label,
            "sentences": sentences(criteria, language, today),
        }
        for language in FAMILY_LANGUAGES
    ]


def _people(
    request: HttpRequest, service: Service, criteria: dict[str, object]
) -> list[dict[str, Any]]:
    """Some who match, and why; that they were looked at is recorded."""
    today, language = timezone.localdate(), get_language() or "fi"
    found = examples(criteria, service=service, as_of=today, by=actor(request))
    return [_example(person, language) for person in found]


def _example(person: Person, language: str) -> dict[str, Any]:
    facts = person.facts  # type: ignore[attr-defined]
    return {
        "person": person,
        "age": person.age_on(timezone.localdate()),
        "facts": fact_sentences(facts, language),
    }


def _choose_service(request: HttpRequest) -> HttpResponse:
    services = [
        {
            "code": service.code,
            "name": say(service.name, get_language()),
            "description": say(service.description, get_language()),
        }
        for service in Service.objects.order_by("code")
    ]
    context = {"services": sorted(services, key=lambda service: str(service["name"]))}
    title = _("New version of a rule")
    return admin_page(request, "admin/offers/rule/choose_service.html", title, context)
