"""What can go wrong on the way out."""


class DeliveryError(Exception):
    """Sending did not go as wished."""


class ProviderError(DeliveryError):
    """The provider did not confirm that it took the message. Never carries its words."""

    def __init__(self, code: str, *, wait_seconds: float = 0) -> None:
        super().__init__(code)
        self.code = code
        self.wait_seconds = wait_seconds


class NotTakenError(ProviderError):
    """The provider surely did not take the message; its code says what to do (codes.py)."""


class UncertainError(ProviderError):
    """The provider may have taken the message: it must be asked, never called again blindly."""


class TextRefusedError(DeliveryError):
    """The text cannot be made or may not be sent; ``reason`` is a GateReason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
