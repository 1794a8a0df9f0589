"""The oldest blocks go whole, as the owner; the seal stays whole, and a false claim is found."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg2.extensions import cursor

from consents.models import (
    ConsentEvent,
    DataUse,
    Erased,
    Erasure,
    LegalBasis,
    Objection,
    Processing,
    SealBlock,
    SealPruning,
    UnsealedDigests,
)
from consents.models.statements import How
from consents.services.objections import lift_objection, raise_objection
from consents.services.seal import seal
from consents.services.verify_seal import Fault, verify_seal
from offers.models import Answer, Approval
from tests.consents.records import a_purpose, found, guards_off, used
from tests.rounds.city import a_person, preschool
from tests.rounds.test_retention import told_and_closed

pytestmark = pytest.mark.django_db(transaction=True)

CHECKOUT = Path(__file__).resolve().parents[2]
BLOCK, CLAIM, USE = "consents_sealblock", "consents_sealpruning", "consents_datause"
DAYS = 30
LONG_AGO = timezone.now() - timedelta(days=100)


@pytest.fixture(autouse=True)
def kept_for_a_month() -> None:
    """Every basis there is keeps what it allows for so many days."""
    preschool()
    LegalBasis.objects.update(retention_days=DAYS)


def prune_as_owner() -> str:
    """Run the command as an operator does."""
    done = subprocess.run(
        [sys.executable, "manage.py", "prune_seal"],
        cwd=CHECKOUT,
        env=os.environ | {"HP_DATABASE_ROLE": "owner"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def old() -> list[DataUse]:
    """Rows of which two blocks were made long ago, and others that are new."""
    with time_machine.travel(LONG_AGO):
        rows = used() + used()
        seal()
    used()
    seal()
    assert verify_seal()
    return rows


def test_old_blocks_go_with_their_rows_and_the_seal_says_from_where_it_is(
    old: list[DataUse],
) -> None:
    blocks = SealBlock.objects.count()
    said = prune_as_owner()
    pruning = SealPruning.objects.get()
    assert f"begins after block {pruning.through}" in said
    assert SealBlock.objects.count() == blocks - pruning.through > 0
    assert not DataUse.objects.filter(pk__in=[row.pk for row in old]).exists()
    assert DataUse.objects.count() == 3
    line = Erasure.objects.get(what=Erased.SEALED)
    assert line.rows == 8  # six uses, and the two acts
    verdict = verify_seal()
    assert verdict
    assert verdict.begins == pruning.through + 1
    published = Client().get(reverse("offers:transparency-seal")).json()
    assert published["begins_after"] == pruning.through
    seal()
    assert verify_seal()
    assert "Nothing of the seal is old enough" in prune_as_owner()


def test_what_still_matters_is_carried_forward() -> None:
    with time_machine.travel(LONG_AGO):
        objecting, content = a_person(), a_person()
        for person in (objecting, content):
            raise_objection(person=person, purpose=a_purpose(), how=How.WEB)
        lift_objection(person=content, purpose=a_purpose(), how=How.WEB)
        seal()
    used()
    seal()
    prune_as_owner()
    assert Objection.objects.get().person == objecting
    assert Objection.objects.standing().exists()
    assert UnsealedDigests.objects.filter(table_name="consents_objection").exists()
    assert verify_seal()
    seal()
    assert verify_seal()


def test_a_round_that_is_kept_keeps_its_record() -> None:
    with time_machine.travel(LONG_AGO):
        round, _guardian = told_and_closed()
        seal()
    used()
    seal()
    counts = (Answer.objects.count(), DataUse.objects.filter(processing=round.processing).count())
    assert min(counts) > 0
    type(round).objects.filter(pk=round.pk).update(closed_at=timezone.now())
    prune_as_owner()
    assert Answer.objects.count() == counts[0]
    assert DataUse.objects.filter(processing=round.processing).count() == counts[1]
    assert verify_seal()
    assert Approval.objects.filter(round=round).exists()
    assert Processing.objects.filter(round=round).exists()


def test_a_consent_that_was_withdrawn_lately_does_not_come_back() -> None:
    person = a_person()

    def say(kind: str) -> None:
        ConsentEvent.objects.create(
            person=person,
            purpose=a_purpose(),
            kind=kind,
            notice_version="1",
            notice_hash="0" * 64,
            how="web",
            language="fi",
        )

    with time_machine.travel(LONG_AGO):
        say("given")
        say("withdrawn")
        say("given")
        seal()
    say("withdrawn")
    seal()
    prune_as_owner()
    assert ConsentEvent.objects.count() == 4
    assert not ConsentEvent.objects.standing().exists()
    assert verify_seal()


def test_a_row_bent_before_it_was_carried_forward_is_found_after(superuser: cursor) -> None:
    with time_machine.travel(LONG_AGO):
        raise_objection(person=a_person(), purpose=a_purpose(), how=How.WEB)
        seal()
    used()
    seal()
    with guards_off(superuser):
        superuser.execute("UPDATE consents_objection SET how = 'phone'")
    prune_as_owner()
    assert found() == {(Fault.CHANGED, "consents_objection", Objection.objects.get().pk)}


def test_blocks_taken_off_without_a_claim_are_missed(old: list[DataUse], superuser: cursor) -> None:
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {BLOCK} WHERE number <= 2")
    faults = {fault for fault, _table, _number in found()}
    assert {Fault.CUT_OFF, Fault.BLOCK_OUT_OF_PLACE} <= faults


def test_more_taken_off_than_was_claimed_is_missed(old: list[DataUse], superuser: cursor) -> None:
    seal()
    prune_as_owner()
    seal()
    first = SealBlock.objects.earliest("number").number
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {BLOCK} WHERE number = %s", [first])
    faults = {(fault, number) for fault, table, number in found() if table == BLOCK}
    assert (Fault.CUT_OFF, first) in faults
    assert (Fault.BLOCK_OUT_OF_PLACE, first + 1) in faults


def test_a_block_taken_out_of_the_middle_is_missed(old: list[DataUse], superuser: cursor) -> None:
    prune_as_owner()
    seal()
    first = SealBlock.objects.earliest("number").number
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {BLOCK} WHERE number = %s", [first + 1])
    assert (Fault.BLOCK_OUT_OF_PLACE, BLOCK, first + 2) in found()


@pytest.mark.parametrize("change", ["through = through + 1", "head = sha256('x')"])
def test_a_false_claim_is_found(change: str, old: list[DataUse], superuser: cursor) -> None:
    prune_as_owner()
    with guards_off(superuser):
        superuser.execute(f"UPDATE {CLAIM} SET {change}")
    faults = {fault for fault, _table, _number in found()}
    assert {Fault.PRUNING_UNSIGNED, Fault.CHANGED} <= faults


def test_a_claim_that_is_gone_is_missed(old: list[DataUse], superuser: cursor) -> None:
    prune_as_owner()
    seal()
    number = SealPruning.objects.get().pk
    with guards_off(superuser):
        superuser.execute(f"DELETE FROM {CLAIM}")
    assert (Fault.GONE, CLAIM, number) in found()


def test_the_last_block_stays_so_that_the_chain_goes_on() -> None:
    with time_machine.travel(LONG_AGO):
        used()
        seal()
    last = SealBlock.objects.latest("number").number
    prune_as_owner()
    assert SealBlock.objects.get().number == last
    seal()
    assert verify_seal()


def test_the_application_may_not() -> None:
    with pytest.raises(CommandError, match="role may take nothing off"):
        call_command("prune_seal")
