"""What a citizen's page calls the states of offers and the ways in which data is used."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consents.models import ProcessingKind
from consents.services.rights import Statement
from offers.models import OfferState

STATES: dict[OfferState, Promise] = {
    OfferState.OPEN: _("Waiting for an answer."),
    OfferState.UNANSWERED: _("Not answered yet; still reserved."),
    OfferState.ACCEPTED: _("The offer has been accepted."),
    OfferState.OTHER_PLACE: _("Another one has been wished for; this one stays reserved."),
    OfferState.DECLINED: _("The offer has been declined."),
    OfferState.LAPSED: _("Over: no answer came in time."),
    OfferState.WITHDRAWN: _("Over: the city withdrew it."),
}
USES: dict[ProcessingKind, Promise] = {
    ProcessingKind.ROUND: _("The service looked for the people it is meant for"),
    ProcessingKind.VIEWING: _("An employee looked at your data"),
}
DONE: dict[Statement, Promise] = {
    Statement.OBJECT: _("Your objection has been recorded. It works from this moment on."),
    Statement.LIFT: _("You no longer object. The city may offer you this service again."),
    Statement.GIVE: _("Your consent has been recorded. You can withdraw it whenever you like."),
    Statement.WITHDRAW: _("Your consent has been withdrawn. It is not used from this moment on."),
}
BUTTONS: dict[Statement, Promise] = {
    Statement.OBJECT: _("I object"),
    Statement.LIFT: _("I no longer object"),
    Statement.GIVE: _("I consent"),
    Statement.WITHDRAW: _("I withdraw my consent"),
}
