"""Messages whose fate is unknown: never called again blindly, settled by the provider's list."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from helsinki_proactive.simulator.client import Simulator
from offers.delivery.cases import open_cases
from offers.delivery.outbox import expire_leases, reconcile, send_due
from offers.delivery.outbox.claims import claim
from offers.delivery.outbox.results import CallResult, record
from offers.models import CaseKind, Channel, Lane, Message, MessageState, ReviewCase
from tests.delivery.world import (
    a_running_round,
    a_told_family,
    claim_all,
    guardian_of,
    let_lease_run_out,
    number_of,
    state_of,
    tell,
)
from tests.rounds.city import a_family, a_phone


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["drop_after_taking", "hang_after_taking"])
def test_a_text_that_was_taken_without_an_answer_is_found_in_the_list_and_not_sent_again(
    simulator: Simulator, fault: str
) -> None:
    message = a_told_family()
    simulator.dial(**{fault: 1.0})

    assert send_due() == 0
    assert state_of(message) == MessageState.UNCERTAIN
    simulator.dial(**{fault: 0.0})
    assert send_due() == 0, "an uncertain message is never called again"
    Message.objects.update(due_at=timezone.now())
    assert reconcile() == 1

    (text,) = simulator.messages(to=number_of(message))
    message.refresh_from_db()
    assert (message.state, message.provider_id) == (MessageState.SENT, text.sid)


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["drop_before_taking", "hang_before_taking"])
def test_a_text_that_was_not_taken_is_sent_after_the_list_has_said_so(
    simulator: Simulator, fault: str
) -> None:
    message = a_told_family()
    simulator.dial(**{fault: 1.0})

    assert send_due() == 0
    assert state_of(message) == MessageState.UNCERTAIN
    simulator.dial(**{fault: 0.0})
    Message.objects.update(due_at=timezone.now())
    assert reconcile() == 1
    assert state_of(message) == MessageState.QUEUED
    assert send_due() == 1

    assert len(simulator.messages(to=number_of(message))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["20500", "20503"])
def test_after_a_server_error_nobody_knows_so_the_list_is_asked(
    simulator: Simulator, code: str
) -> None:
    message = a_told_family()
    simulator.dial(refuse={code: 1.0})

    send_due()

    assert state_of(message) == MessageState.UNCERTAIN


@pytest.mark.django_db
def test_a_provider_that_cannot_be_reached_took_nothing(
    simulator: Simulator, settings: Settings
) -> None:
    message = a_told_family()
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"

    assert send_due() == 0

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, "unreachable")
    assert message.due_at > timezone.now()


@pytest.mark.django_db
def test_while_the_list_cannot_be_asked_the_message_stays_uncertain(
    simulator: Simulator, settings: Settings
) -> None:
    message = a_told_family()
    claim_all()
    let_lease_run_out()
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"

    assert reconcile() == 0
    message.refresh_from_db()
    assert message.state == MessageState.UNCERTAIN
    assert message.due_at > timezone.now()
    assert not ReviewCase.objects.exists()


@pytest.mark.django_db
def test_after_a_day_without_an_answer_a_caseworker_is_asked_once(
    simulator: Simulator, settings: Settings
) -> None:
    message = a_told_family()
    claim_all()
    let_lease_run_out()
    Message.objects.update(claimed_at=timezone.now() - timedelta(hours=25))
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"

    reconcile()
    reconcile()

    assert ReviewCase.objects.get().kind == CaseKind.UNCERTAIN_MESSAGE
    assert state_of(message) == MessageState.UNCERTAIN


@pytest.mark.django_db
def test_two_messages_to_one_number_are_not_taken_for_each_other(simulator: Simulator) -> None:
    children = [*a_family(), *a_family()]
    for guardian in map(guardian_of, children):
        guardian.contact_points.all().delete()
        a_phone(guardian, "+358451112223")
    tell(a_running_round(children))
    simulator.dial(drop_after_taking=1.0, fault_count=1)
    send_due()
    simulator.dial(drop_after_taking=0.0, drop_before_taking=0.0)
    Message.objects.filter(state=MessageState.UNCERTAIN).update(due_at=timezone.now())

    reconcile()
    send_due()

    texts = simulator.messages(to="+358451112223")[-2:]
    assert set(Message.objects.values_list("provider_id", flat=True)) == {t.sid for t in texts}


@pytest.mark.django_db
def test_a_lease_is_on_the_databases_clock_and_run_out_it_makes_the_message_uncertain(
    simulator: Simulator,
) -> None:
    message = a_told_family()
    claim_all()
    assert expire_leases() == 0

    let_lease_run_out()

    assert state_of(message) == MessageState.UNCERTAIN


@pytest.mark.django_db
def test_what_was_sent_is_recorded_even_after_the_lease_ran_out(simulator: Simulator) -> None:
    message = a_told_family()
    claimed = claim(
        channel=Channel.SMS, provider="twilio", lane=Lane.BULK, limit=1, now=timezone.now()
    )
    let_lease_run_out()
    reconcile()
    assert state_of(message) == MessageState.QUEUED

    from_before = CallResult(claimed.parcels[0], "twilio", provider_id="SMlate")
    assert record([from_before]) == 1

    message.refresh_from_db()
    assert (message.state, message.provider_id) == (MessageState.SENT, "SMlate")


@pytest.mark.django_db
def test_an_id_that_is_anothers_or_comes_twice_loses_nobody_elses_result() -> None:
    before, *claimed = a_told_family(), a_told_family(), a_told_family(), a_told_family()
    Message.objects.filter(pk=before.pk).update(
        state=MessageState.SENT, provider="twilio", provider_id="SM1"
    )
    found = claim(
        channel=Channel.SMS, provider="twilio", lane=Lane.BULK, limit=3, now=timezone.now()
    )

    ids = ["SM1", "SM2", "SM2"]
    results = [
        CallResult(parcel, "twilio", provider_id=each)
        for parcel, each in zip(found.parcels, ids, strict=True)
    ]
    record(results)

    states = [state_of(message) for message in claimed]
    assert states == [MessageState.SENDING, MessageState.SENT, MessageState.SENDING], (
        "the others' leases run out, and the provider is asked"
    )


@pytest.mark.django_db
def test_a_case_about_something_else_keeps_no_message_uncertain(simulator: Simulator) -> None:
    message = a_told_family()
    simulator.dial(drop_after_taking=1.0)
    send_due()
    simulator.dial(drop_after_taking=0.0)
    open_cases([message.pk], kind=CaseKind.NO_CONTACT)
    Message.objects.update(due_at=timezone.now())

    assert reconcile() == 1

    assert state_of(message) == MessageState.SENT
