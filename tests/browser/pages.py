"""Every page of the admin, who may open it, and what is done on it before it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Page

from helsinki_proactive.staff.roles import ADMINISTRATOR, APPROVER, CASEWORKER, UNIT_HEAD
from tests.browser.town import Town

EVERYBODY = (CASEWORKER, APPROVER, ADMINISTRATOR)
ROUNDS = (CASEWORKER, APPROVER)


def nothing(page: Page) -> None:
    """The page is looked at as it opens."""


@dataclass(frozen=True)
class Visit:
    """A page: the name and arguments of its address, and the roles that may open it."""

    view: str
    roles: tuple[str, ...]
    arguments: Callable[[Town], tuple[object, ...]] = lambda town: ()
    query: str = ""
    act: Callable[[Page], None] = nothing

    def address(self, town: Town) -> str:
        return reverse(self.view, args=self.arguments(town)) + self.query


def _unfold(page: Page) -> None:
    """Everything that is folded is opened."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def _search(words: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator("#id_words").fill(words)
        page.locator("main form button").click()
        page.wait_for_selector("[aria-live]")

    return act


def _tell_story(page: Page) -> None:
    """Say why, unless that was said a moment ago."""
    if page.locator("#id_reason").count():
        page.locator("#id_reason").fill("the guardian called about the offer")
        page.locator("main form .cw-button").first.click()
    page.wait_for_selector(".cw-story")


def _ask_for_pin(page: Page) -> None:
    """Choose another unit: the page says what it costs."""
    form = page.locator("form[action$='/pin/']")
    form.locator("select").select_option(index=1)
    form.locator("button").first.click()
    page.wait_for_selector("[name=seen]", state="attached")


def _ask_for_unknown(form: str) -> Callable[[Page], None]:
    """Type the number of a letter that nobody has posted."""

    def act(page: Page) -> None:
        page.locator(f"form[action$='/{form}/'] input[name=number]").fill("123456789")
        page.locator(f"form[action$='/{form}/'] button").click()
        page.wait_for_selector("[role=alert]")

    return act


def _write_a_wrong_text(page: Page) -> None:
    """The preview follows the writing; then it is saved in vain."""
    page.locator("#id_body").fill("Ääni ((nonsense)) https://example.org")
    page.wait_for_selector("#text-preview .cw-error")
    page.locator("[value=save]").click()
    page.wait_for_load_state()


def _send_empty(page: Page) -> None:
    """Send the form without what it asks for."""
    button = page.locator("[name=_save], main form .cw-button[type=submit]").last
    button.evaluate("button => { button.form.noValidate = true }")
    button.click()
    page.wait_for_load_state()


def _look(name: str) -> Visit:
    return Visit("admin:offers_unitlook", (UNIT_HEAD,), lambda town: (town.looks[name],))


def _press(button: str) -> Callable[[Page], None]:
    """Press a button of the form of a rule."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator(f"#rule [name=do][value={button}]").last.click()

    return act


def _refused(page: Page) -> None:
    """Add a criterion and save it as it is."""
    _press("add-0")(page)
    _press("save")(page)
    page.wait_for_selector("#rule .cw-error")


def _change_fact(page: Page) -> None:
    """Choose another fact: the form changes by itself, and the keyboard stays where it was."""
    fact = page.locator("#id_0-0-attribute")
    fact.focus()
    fact.select_option("sex")
    page.wait_for_selector("#id_0-0-operator option[value=is][selected]", state="attached")
    assert page.evaluate("document.activeElement.id") == "id_0-0-attribute"


def _rule(name: str, view: str, *roles: str, act: Callable[[Page], None] = nothing) -> Visit:
    view = f"admin:offers_eligibilityrule_{view}"
    return Visit(view, roles, lambda town: (town.rules[name],), act=act)


def _new_rule(act: Callable[[Page], None] = nothing) -> Visit:
    view = "admin:offers_eligibilityrule_add"
    return Visit(view, (CASEWORKER,), query="?service=preschool", act=act)


def _of_round(state: str, view: str = "change", **more: object) -> Visit:
    roles = more.pop("roles", EVERYBODY)
    return Visit(f"admin:offers_round_{view}", roles, lambda town: (town.rounds[state],), **more)  # type: ignore[arg-type]


def _subject(name: str, act: Callable[[Page], None] = _unfold) -> Visit:
    return Visit("admin:offers_round_subject", ROUNDS, lambda town: town.subjects[name], act=act)


def _case(name: str) -> Visit:
    return Visit("casework:case", (CASEWORKER,), lambda town: (town.cases[name],), act=_unfold)


def _person(name: str, act: Callable[[Page], None]) -> Visit:
    return Visit("casework:person", (CASEWORKER,), lambda town: (town.people[name],), act=act)


def _list(model: str, roles: tuple[str, ...]) -> Visit:
    return Visit(f"admin:{model}_changelist", roles)


def _row(model: str, roles: tuple[str, ...]) -> Visit:
    return Visit(f"admin:{model}_change", roles, lambda town: (town.rows[model],))


STATES = (
    *("draft", "preparing", "prepared", "sent back", "awaiting", "approved"),
    *("running", "halted", "closed", "cancelled"),
)
WITH_ROWS = {
    "offers_service": EVERYBODY,
    "offers_servicetext": EVERYBODY,
    "offers_eligibilityrule": EVERYBODY,
    "offers_unit": EVERYBODY,
    "offers_capacity": EVERYBODY,
    "offers_admissionarea": EVERYBODY,
    "consents_legalbasis": EVERYBODY,
    "citizens_attribute": (ADMINISTRATOR,),
    "citizens_registerimport": (ADMINISTRATOR,),
    "staff_user": (ADMINISTRATOR,),
}

VISITS: dict[str, Visit] = {
    "today": Visit("admin:index", EVERYBODY),
    "models": Visit("admin:app_list", EVERYBODY, lambda town: ("offers",)),
    "search": Visit("casework:search", (CASEWORKER,)),
    "search, some found": Visit("casework:search", (CASEWORKER,), act=_search("Koe")),
    "search, nobody found": Visit("casework:search", (CASEWORKER,), act=_search("zz zz")),
    "queue": Visit("casework:queue", (CASEWORKER,)),
    "queue, nothing": Visit("casework:queue", (CASEWORKER,), query="?show=mine"),
    **{
        f"case, {name}": _case(name)
        for name in (
            "reply",
            "protected",
            "a colleague's",
            "closed",
            "rectification",
            "a child's fact",
        )
    },
    "person, why": _person("silent", nothing),
    "person, story": _person("guardian", _tell_story),
    "person, protected": _person("protected", _tell_story),
    "rounds": Visit("admin:offers_round_changelist", EVERYBODY),
    "new round": Visit("admin:offers_round_add", (CASEWORKER,)),
    "new round, draft": Visit("admin:offers_round_add", (CASEWORKER,), query="?service=preschool"),
    "new round, wrong": Visit(
        "admin:offers_round_add", (CASEWORKER,), query="?service=preschool", act=_send_empty
    ),
    "round, edited": _of_round("draft", "edit", roles=(CASEWORKER,)),
    **{f"round, {state}": _of_round(state, act=_unfold) for state in STATES},
    "round, people": _of_round("prepared", "people", roles=ROUNDS),
    "round, people later": _of_round("running", "people", roles=ROUNDS),
    "round, nobody": _of_round("running", "people", roles=ROUNDS, query="?show=is-died"),
    "round, heads": _of_round("prepared", "heads", roles=ROUNDS),
    **{f"round, look {name}": _look(name) for name in ("asked", "answered")},
    "today, of a unit's head": Visit("admin:index", (UNIT_HEAD,)),
    "round, seats": _of_round("running", "seats"),
    "subject, to pin": _subject("to pin"),
    "subject, pin asked": Visit(
        "admin:offers_round_subject",
        (CASEWORKER,),
        lambda town: town.subjects["to pin"],
        act=_ask_for_pin,
    ),
    **{f"subject, {name}": _subject(name) for name in ("silent", "by hand", "protected")},
    "rule, service chosen": Visit("admin:offers_eligibilityrule_add", (CASEWORKER,)),
    "rule, new": _new_rule(),
    "rule, another fact": _new_rule(_change_fact),
    "rule, people shown": _new_rule(_press("people")),
    "rule, longer": _rule("proposed", "edit", CASEWORKER, act=_press("add-group")),
    "rule, refused": _new_rule(_refused),
    **{f"rule, {name}": _rule(name, "change", *ROUNDS) for name in ("proposed", "overtaken")},
    "rule, in force": _rule("approved", "change", *EVERYBODY),
    "who is not served": Visit("casework:unserved", EVERYBODY),
    "switch": _list("offers_sendinghalt", EVERYBODY),
    "erased data": _list("consents_erasure", (ADMINISTRATOR,)),
    "letters": _list("offers_letterbatch", (CASEWORKER,)),
    **{
        f"letters, wrong number of a {form}": Visit(
            "admin:offers_letterbatch_changelist", (CASEWORKER,), act=_ask_for_unknown(form)
        )
        for form in ("slip", "returned")
    },
    "offers": _list("offers_offer", (CASEWORKER,)),
    "messages": _list("offers_message", (CASEWORKER, ADMINISTRATOR)),
    **{f"list, {model}": _list(model, roles) for model, roles in WITH_ROWS.items()},
    **{f"row, {model}": _row(model, roles) for model, roles in WITH_ROWS.items()},
    "text, wrong": Visit(
        "admin:offers_servicetext_change",
        (ADMINISTRATOR,),
        lambda town: (town.rows["offers_servicetext"],),
        act=_write_a_wrong_text,
    ),
    "new employee": Visit("admin:staff_user_add", (ADMINISTRATOR,)),
    "new employee, wrong": Visit("admin:staff_user_add", (ADMINISTRATOR,), act=_send_empty),
    "employee's password": Visit(
        "admin:auth_user_password_change",
        (ADMINISTRATOR,),
        lambda town: (town.rows["staff_user"],),
    ),
    "own password": Visit("admin:password_change", EVERYBODY),
    "own password, changed": Visit("admin:password_change_done", EVERYBODY),
}
