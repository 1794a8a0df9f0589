"""What somebody without an account tries: webhooks, links, forms, redirects."""

import secrets
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from django.views import i18n

from citizens.models import ContactPoint
from offers.delivery import links
from offers.forms import AnswerForm
from offers.models import Answer, Link, Message, Offer, OfferState, Receipt, Reply
from offers.replies import inbox
from offers.views import family, webhooks
from tests.attacks.target import Tally, Target, weak
from tests.replies.phones import FORM, REPLY, post, signed

STATUS = "/webhooks/twilio/status"
_sids = count(1)


def _text(**changed: str) -> dict[str, str]:
    point = ContactPoint.objects.filter(kind="sms", messages__isnull=False).latest("pk")
    known = {"MessageSid": f"SMattack{next(_sids)}", "From": point.unseal("value"), "Body": "KYLLÄ"}
    return known | changed


def forged_webhook(target: Target, tally: Tally) -> None:
    """Texts and receipts that the provider did not sign, or did not sign like this."""
    receipt = {"MessageSid": "SMattack", "MessageStatus": "delivered"}
    for path, fields, rows in ((REPLY, _text(), Reply), (STATUS, receipt, Receipt)):
        for how, headers, sent in _forgeries(path, fields):
            before = rows.objects.count()
            response = Client().post(path, data=urlencode(sent), content_type=FORM, headers=headers)
            through = response.status_code < 400 or rows.objects.count() != before
            tally.note(through, f"{path}: {how}")


Fields = dict[str, str]


def _forgeries(path: str, fields: Fields) -> list[tuple[str, Fields, Fields]]:
    good = signed(path, fields)
    changed = fields | {"MessageSid": "SMother"}
    return [
        ("no signature", {}, fields),
        ("an empty one", {"X-Twilio-Signature": ""}, fields),
        ("another token's", signed(path, fields, token=secrets.token_hex(16)), fields),
        ("of other fields", good, changed),
        ("of one field more", good, fields | {"NumMedia": "1"}),
        ("of the other webhook", signed("/webhooks/twilio/other", fields), fields),
        ("in small letters", {name: value.lower() for name, value in good.items()}, fields),
        ("cut", {name: value[:-2] for name, value in good.items()}, fields),
    ]


def weak_signature(target: Target) -> AbstractContextManager[object]:
    """Every signature will do."""
    return weak(webhooks, "_signed", lambda *request: True)


def replayed_webhook(target: Target, tally: Tally) -> None:
    """One signed text, brought again and again."""
    fields = _text()
    post(fields)
    before = (Reply.objects.count(), Answer.objects.count(), Message.objects.count())
    for _ in range(50 if target.thorough else 3):
        post(fields)
        after = (Reply.objects.count(), Answer.objects.count(), Message.objects.count())
        tally.note(after != before, "a replay wrote rows")


def weak_replay(target: Target) -> AbstractContextManager[object]:
    """Every delivery counts as a new one."""
    receive = inbox.receive

    def forgetful(**fields: Any) -> str | None:
        return receive(**{**fields, "provider_id": f"SMnew{next(_sids)}"})

    return weak(inbox, "receive", forgetful)


def guessed_token(target: Target, tally: Tally) -> None:
    """Tokens that were never given, and some that look like one that was."""
    given = target.town.links["open"]
    near = [given[:-1], f"{given}A", given.swapcase(), given[::-1], f"%20{given}", f"{given}%00"]
    near += [given[:n] + ("A" if given[n] != "A" else "B") + given[n + 1 :] for n in range(20)]
    near += [links.token_hash(given).hex(), bytes(Link.objects.latest("pk").token_hash).hex()]
    guesses = near + [secrets.token_urlsafe(16) for _ in range(2_000 if target.thorough else 20)]
    for n, guess in enumerate(guesses):
        client = Client(REMOTE_ADDR=f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}")
        for address in (f"/o/{guess}/", f"/unsubscribe/{guess}"):
            tally.note(client.get(address).status_code == 200, "a guess opened a page")


def weak_token(target: Target) -> AbstractContextManager[object]:
    """Whatever is asked for opens the newest link."""
    return weak(family, "open_link", lambda token: Link.objects.latest("pk"))


def another_familys_token(target: Target, tally: Tally) -> None:
    """A family's own link, used to see and to answer what was offered to others."""
    town = target.town
    for name in ("open", "several", "rated", "declined_waiting"):
        address = f"/o/{town.links[name]}/fi/"
        mine = Link.objects.get(token_hash=links.token_hash(town.links[name])).guardian
        others = Offer.objects.exclude(subject__person__guardians__guardian=mine)
        strangers = others.filter(state=OfferState.OPEN).select_related("subject__person")
        for offer in strangers if target.thorough else strangers[:3]:
            client = Client()
            shown = client.get(address).content.decode()
            tally.note(offer.subject.person.first_names in shown, "another child was shown")
            for answer in ("accept", "decline", "other_place") if target.thorough else ("accept",):
                client.post(f"{address}answer", {"offer": offer.pk, "answer": answer})
                offer.refresh_from_db()
                answered = Answer.objects.filter(offer=offer, guardian=mine).exists()
                tally.note(answered or offer.state != OfferState.OPEN, "another's offer changed")


def weak_ownership(target: Target) -> AbstractContextManager[object]:
    """A form in which any offer may be answered, and an answer that asks nobody who it is from."""

    class AnyForm(AnswerForm):
        def __init__(self, data: Any, offers: Any) -> None:
            super().__init__(data, offers=list(Offer.objects.values_list("pk", flat=True)))

    def believe(form: Any, link: Link, token: str) -> Any:
        Offer.objects.filter(pk=form.cleaned_data["offer"]).update(state=OfferState.ACCEPTED)
        return SimpleNamespace(refusal=None)

    both = ExitStack()
    both.enter_context(weak(family, "AnswerForm", AnyForm))
    both.enter_context(weak(family, "_record", believe))
    return both


def open_redirect(target: Target, tally: Tally) -> None:
    """Addresses of ours that lead to somebody else's."""
    elsewhere = (
        *("https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example"),
        *("javascript:alert(1)", "/%09/evil.example", "\thttps://evil.example", "///evil.example"),
        "/o/x\r\nLocation: https://evil.example",
    )
    link = f"/o/{target.town.links['open']}/fi/"
    for place in elsewhere if target.thorough else elsewhere[:4]:
        answers = [
            Client().post(reverse("set_language"), {"next": place, "language": "fi"}),
            target.browser("caseworker").get(reverse("admin:login"), {"next": place}),
            Client().post(f"{link}rating?next={urlencode({'': place})}", {"stars": 5}),
            Client(headers={"referer": place.strip()}).post(
                reverse("set_language"), {"language": "fi"}
            ),
        ]
        for response in answers:
            goes_to = response.get("Location", "/")
            parts = urlsplit(goes_to.replace("\\", "/"))
            tally.note(
                parts.netloc or parts.scheme or goes_to.startswith("//"), "led to somebody else's"
            )


def weak_redirect(target: Target) -> AbstractContextManager[object]:
    """Django's own check of where to go says yes to everything."""
    return weak(i18n, "url_has_allowed_host_and_scheme", lambda *args, **options: True)


def csrf(target: Target, tally: Tally) -> None:
    """Forms posted from another site in the name of whoever is signed in."""
    for role in target.town.sessions if target.thorough else ("caseworker",):
        for name, address in _posted_to(target):
            client = target.browser(role, enforce_csrf_checks=True)
            fields = {"reason": "x", "stars": 5}
            response = client.post(address, fields, headers={"origin": "https://evil.example"})
            tally.note(response.status_code < 400, f"{name} took a form of another site")


def _posted_to(target: Target) -> list[tuple[str, str]]:
    town = target.town
    round, case = town.rounds["running"], town.cases["reply"]
    link = town.links["open"]
    return [
        ("step", reverse("admin:offers_round_step", args=[round, "close"])),
        ("download", reverse("admin:offers_round_download", args=[round, "places"])),
        ("act", reverse("casework:act", args=[case, "take"])),
        ("open", reverse("casework:open", args=[town.people["silent"]])),
        ("search", reverse("casework:search")),
        ("halt", reverse("admin:offers_sendinghalt_halt")),
        ("employee", reverse("admin:staff_user_add")),
        ("password", reverse("admin:password_change")),
        ("logout", reverse("admin:logout")),
        ("answer", f"/o/{link}/fi/answer"),
        ("rating", f"/o/{link}/fi/rating"),
    ]


def weak_csrf(target: Target) -> AbstractContextManager[object]:
    """The middleware is left out."""
    without = [name for name in settings.MIDDLEWARE if "csrf" not in name.lower()]
    return override_settings(MIDDLEWARE=without)
