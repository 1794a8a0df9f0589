"""Reads the texts out of a TwiML answer to an incoming message."""

from dataclasses import dataclass
from xml.etree import ElementTree


class TwimlError(ValueError):
    """The answer to a webhook is not TwiML (Twilio's error 12100)."""


@dataclass(frozen=True, slots=True)
class TwimlMessage:
    """One <Message>: a body, and where it goes if not back to the phone that wrote."""

    body: str
    to: str | None
    sender: str | None
    status_callback: str | None


def read_messages(document: str) -> list[TwimlMessage]:
    """Return the messages of a TwiML response, in order; an empty response has none.

    Raises TwimlError when the document is not XML, carries a DTD, or is not a <Response>.
    """
    if not document.strip():
        return []
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise TwimlError("TwiML must not carry a DTD")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314  a DTD was refused above
    except ElementTree.ParseError as error:
        raise TwimlError(f"not XML: {error}") from None
    if root.tag != "Response":
        raise TwimlError(f"the root is <{root.tag}>, not <Response>")
    return [_message(element) for element in root if element.tag in {"Message", "Sms"}]


def _message(element: ElementTree.Element) -> TwimlMessage:
    bodies = element.findall("Body")
    parts = ["".join(body.itertext()) for body in bodies] or [element.text or ""]
    return TwimlMessage(
        body="".join(parts).strip(),
        to=element.get("to"),
        sender=element.get("from"),
        status_callback=element.get("statusCallback") or element.get("action"),
    )
