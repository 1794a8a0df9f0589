"""What and how: one module for each aggregate, in the order one refers to the next."""

from offers.models.catalogue import (
    AcceptancePolicy,
    Channel,
    EligibilityRule,
    Recipient,
    Sensitivity,
    Service,
    ServiceText,
    Silence,
    TextKind,
)
from offers.models.units import AdmissionArea, Capacity, Unit
from offers.models.rounds import (
    Approval,
    Exclusion,
    Outcome,
    Round,
    RoundState,
    SendingHalt,
    Subject,
)
from offers.models.offers import (
    AWAITING_ANSWER,
    LIVE_STATES,
    Answer,
    AnswerChannel,
    AnswerKind,
    Link,
    Offer,
    OfferState,
    Rating,
    Wish,
)
from offers.models.messages import Lane, Message, MessageOffer, MessageState, Receipt
from offers.models.replies import Reply, ReplyReading
from offers.models.cases import CaseKind, ReviewCase

__all__ = [
    "AWAITING_ANSWER",
    "LIVE_STATES",
    "AcceptancePolicy",
    "AdmissionArea",
    "Answer",
    "AnswerChannel",
    "AnswerKind",
    "Approval",
    "Capacity",
    "CaseKind",
    "Channel",
    "EligibilityRule",
    "Exclusion",
    "Lane",
    "Link",
    "Message",
    "MessageOffer",
    "MessageState",
    "Offer",
    "OfferState",
    "Outcome",
    "Rating",
    "Receipt",
    "Recipient",
    "Reply",
    "ReplyReading",
    "ReviewCase",
    "Round",
    "RoundState",
    "SendingHalt",
    "Sensitivity",
    "Service",
    "ServiceText",
    "Silence",
    "Subject",
    "TextKind",
    "Unit",
    "Wish",
]
