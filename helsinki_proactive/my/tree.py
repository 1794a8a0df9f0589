"""A document as the tree that Helsinki Profile reads: nodes with a key, and a value or children."""

from typing import Any

ONE = {
    "DATA": "FACT",
    "CHILDREN": "CHILD",
    "RECTIFICATIONS": "RECTIFICATION",
    "OFFERS": "OFFER",
    "ENTITLED": "SERVICE",
    "USES": "USE",
    "CONSENTS": "CONSENT",
    "OBJECTIONS": "OBJECTION",
    "CHANNELS": "CHANNEL",
}
"""How one of a list is called; one of any other list is an ITEM."""

Node = dict[str, Any]


def node(key: str, value: Any) -> Node:
    """The value as a node of this key; every value is a text."""
    key = "".join(letter if letter.isalnum() else "_" for letter in key).upper()
    match value:
        case dict():
            children = [node(str(name), one) for name, one in value.items()]
        case list() | tuple():
            children = [node(ONE.get(key, "ITEM"), one) for one in value]
        case bool():
            return {"key": key, "value": str(value).lower()}
        case None:
            return {"key": key, "value": ""}
        case _:
            return {"key": key, "value": str(value)}
    return {"key": key, "children": children}
