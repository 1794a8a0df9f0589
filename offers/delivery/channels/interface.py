"""What a way out must be able to do."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from django.conf import settings

from citizens.models import Person


def longest_call() -> float:
    """The seconds after which a call to a provider has ended, connecting included."""
    return 2 * float(settings.PROVIDER_TIMEOUT_SECONDS)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed message as it goes out. Its repr shows no recipient and no words."""

    message_id: int
    attempt: int
    recipient: str = field(repr=False)
    language: str
    subject: str = field(repr=False)
    body: str = field(repr=False)
    person: Person | None = field(default=None, repr=False)
    """Who it goes to, where that is no number or address but a code that stays encrypted."""
    voluntary: bool = False
    """Whether the recipient may say stop to the service."""
    asks: bool = True
    """Whether it asks for an answer by text, so that it must go where one can be received."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One entry of the provider's own list."""

    provider_id: str
    body: str = field(repr=False)
    created_at: datetime


class Outbound(ABC):
    """One way out. Its calls are made outside any transaction, from several threads at once."""

    provider: ClassVar[str]
    has_list: ClassVar[bool]
    """Whether the provider can be asked what it has taken. If not, no more is claimed at a time
    than is called at once, since nobody can tell what became of it if we die meanwhile."""

    repeatable: ClassVar[bool] = False
    """Whether the provider takes a message only once, however often it is handed over."""

    is_asked: ClassVar[bool] = False
    """Whether the provider knows what became of a message, but has to be asked."""

    @classmethod
    def receives_answers(cls) -> bool:
        """Whether what people write back to its sender comes to us."""
        return False

    @abstractmethod
    def send(self, parcel: Parcel) -> str:
        """Hand ``parcel`` over and return the provider's id of it.

        Raises NotTakenError or UncertainError, whose texts are codes without personal data.
        """

    def taken(self, *, recipient: str, since: datetime) -> list[Taken]:
        """What the provider has taken for ``recipient`` since then, oldest first.

        Raises ProviderError when it cannot be asked.
        """
        raise NotImplementedError

    def status_of(self, provider_id: str) -> str:
        """What became of a message the provider took, as a receipt would say it.

        Raises ProviderError when it cannot be asked.
        """
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""
