"""A citizen's own statement about a purpose, recorded as what it is."""

from citizens.models import Person
from consents.models import Purpose
from consents.models.statements import How
from consents.services.consent import give_consent, withdraw_consent
from consents.services.objections import lift_objection, raise_objection
from consents.services.rights import Statement


def record_statement(
    *, person: Person, purpose: Purpose, statement: Statement, notice: str, language: str
) -> None:
    """Record what the person said on the web; ``notice`` is the hash of what one consents to.

    Raises ConsentError where a consent cannot be given or withdrawn.
    """
    match statement:
        case Statement.OBJECT:
            raise_objection(person=person, purpose=purpose, how=How.WEB)
        case Statement.LIFT:
            lift_objection(person=person, purpose=purpose, how=How.WEB)
        case Statement.GIVE:
            give_consent(
                person=person, purpose=purpose, shown=notice, how=How.WEB, language=language
            )
        case Statement.WITHDRAW:
            withdraw_consent(person=person, purpose=purpose, how=How.WEB, language=language)
