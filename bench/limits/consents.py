"""The limit of the record of use: a plain INSERT ... SELECT into a twin that nobody seals."""

import time

import psycopg2
from psycopg2.extensions import connection

TWIN = "bench_datause"
MAKE_TWIN = f"""
    CREATE TABLE {TWIN} (LIKE consents_datause INCLUDING ALL);
    ALTER TABLE {TWIN}
        ADD FOREIGN KEY (processing_id) REFERENCES consents_processing
            DEFERRABLE INITIALLY DEFERRED,
        ADD FOREIGN KEY (person_id) REFERENCES citizens_person DEFERRABLE INITIALLY DEFERRED;
    GRANT SELECT, INSERT ON {TWIN} TO hp_app;
"""
INSERT = f"""
    INSERT INTO {TWIN} (at, processing_id, person_id)
    SELECT now(), %s, id FROM citizens_person WHERE register_key LIKE 'used-%%'
"""
HASH = """
    SELECT count(sha256(int8send(id) || timestamptz_send(at) || int8send(processing_id)
        || int8send(person_id)))
    FROM consents_datause
"""


def make_twin(superuser: connection) -> None:
    """A table with the columns, keys and indexes of the record of use, and no trigger."""
    with superuser.cursor() as cursor:
        cursor.execute(MAKE_TWIN)


GIVE_CODES = """
    UPDATE citizens_person SET identity_code = codes.code, identity_code_index = codes.index
    FROM (SELECT unnest(%s::bigint[]) AS id, unnest(%s::bytea[]) AS code,
        unnest(%s::bytea[]) AS index) codes
    WHERE citizens_person.id = codes.id
"""
PART = 20_000


def give_codes(superuser: connection, size: int) -> list[tuple[int, str]]:
    """Give so many people a code of their own, encrypted and indexed; the ids and codes."""
    from citizens.encryption import encrypt, search_index  # noqa: PLC0415  Django is ready only now

    with superuser.cursor() as cursor:
        cursor.execute("SELECT id FROM citizens_person ORDER BY id LIMIT %s", [size])
        codes = [(pk, f"CODE{pk:09}") for (pk,) in cursor.fetchall()]
        for start in range(0, len(codes), PART):
            part = codes[start : start + PART]
            values = [encrypt(code, where=_place(pk)) for pk, code in part]
            indexes = [search_index(code, kind="identity_code") for _pk, code in part]
            cursor.execute(GIVE_CODES, [[pk for pk, _code in part], values, indexes])
        cursor.execute("VACUUM ANALYZE citizens_person")
    return codes


def encrypt_all(codes: list[tuple[int, str]]) -> float:
    """Encrypt every code and store none; seconds."""
    from citizens.encryption import encrypt  # noqa: PLC0415

    began = time.perf_counter()
    for pk, code in codes:
        encrypt(code, where=_place(pk))
    return time.perf_counter() - began


def _place(pk: int) -> str:
    return f"citizens_person.identity_code:{pk}"


def insert(url: str, processing: int) -> float:
    """Write everybody into the twin; seconds from begin to commit."""
    return _run(url, INSERT, [processing])


def hash_rows(url: str) -> float:
    """Read and hash every row of the record; seconds."""
    return _run(url, HASH, [])


def _run(url: str, statement: str, values: list[int]) -> float:
    database = psycopg2.connect(url)
    began = time.perf_counter()
    with database, database.cursor() as cursor:
        cursor.execute(statement, values)
    took = time.perf_counter() - began
    database.close()
    return took


def empty(superuser: connection) -> None:
    """Empty the record, its twin and the seal, and write everything to disk."""
    tables = f"{TWIN}, consents_datause, consents_unsealeddigests, consents_sealblock"
    with superuser.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {tables}")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("CHECKPOINT")


def content(superuser: connection, table: str, processing: int) -> tuple[int, int]:
    """How many people are recorded, and a sum over them that any other set would change."""
    with superuser.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(hashint8extended(person_id, 0)::numeric), 0)"
            f" FROM {table} WHERE processing_id = %s",
            [processing],
        )
        ((rows, total),) = cursor.fetchall()
    return rows, int(total)


FORBID = """
    UPDATE citizens_person SET protected = true WHERE register_key LIKE 'child-%%7';
    UPDATE citizens_person SET municipality = '049' WHERE register_key LIKE 'child-%%1';
    UPDATE citizens_person SET birth_date = birth_date - 800 WHERE register_key LIKE 'child-%%2';
    UPDATE citizens_person SET died_on = now() WHERE register_key LIKE 'guardian-%%33';
    UPDATE citizens_contactpoint SET health = 'opted_out' WHERE person_id %% 10 = 4;
    UPDATE citizens_guardianship SET valid_until = now() - interval '2 days' WHERE id %% 10 = 5;
    UPDATE offers_offer SET state = 'accepted' WHERE id %% 10 = 6;
    INSERT INTO consents_objection (person_id, purpose_id, kind, at, how)
    SELECT person.id, service.purpose_id, 'raised', now(), 'web'
    FROM citizens_person person, offers_service service
    WHERE person.register_key LIKE 'guardian-%%9' AND service.code = 'preschool';
    ANALYZE
"""
GATE = """
    SELECT message.id
    FROM offers_message message
    JOIN offers_round round ON round.id = message.round_id
    JOIN offers_service service ON service.id = round.service_id
    JOIN citizens_person recipient ON recipient.id = message.person_id
    JOIN citizens_contactpoint point ON point.id = message.contact_point_id
    JOIN offers_messageoffer about ON about.message_id = message.id
    JOIN offers_offer offer ON offer.id = about.offer_id
    JOIN offers_subject subject ON subject.id = offer.subject_id
    JOIN citizens_person child ON child.id = subject.person_id
    WHERE message.id = ANY(%(ids)s) AND round.state = 'running'
    AND NOT recipient.protected AND recipient.died_on IS NULL AND recipient.gone_at IS NULL
    AND point.gone_at IS NULL AND point.person_id = recipient.id
    AND point.health NOT IN ('bounced', 'opted_out', 'wrong_person')
    AND offer.state IN ('open', 'unanswered') AND offer.deadline_at > now()
    AND NOT child.protected AND child.died_on IS NULL AND child.gone_at IS NULL
    AND child.municipality = '091' AND child.moved_out_on IS NULL
    AND extract(year FROM child.birth_date) = extract(year FROM round.as_of) - 6
    AND EXISTS (
        SELECT FROM citizens_guardianship custody
        WHERE custody.guardian_id = recipient.id AND custody.child_id = child.id
        AND custody.may_decide AND current_date BETWEEN custody.valid_from
            AND coalesce(custody.valid_until, 'infinity')
    )
    AND NOT EXISTS (
        SELECT FROM citizens_guardianship other
        JOIN citizens_person guardian ON guardian.id = other.guardian_id
        WHERE other.child_id = child.id AND guardian.protected AND current_date
            BETWEEN other.valid_from AND coalesce(other.valid_until, 'infinity')
    )
    AND NOT EXISTS (
        SELECT FROM consents_objection said
        WHERE said.person_id IN (recipient.id, child.id) AND said.purpose_id = service.purpose_id
        AND said.kind = 'raised' AND NOT EXISTS (
            SELECT FROM consents_objection later WHERE later.person_id = said.person_id
            AND later.purpose_id = said.purpose_id AND later.id > said.id
        )
    )
    AND NOT EXISTS (
        SELECT FROM offers_reviewcase unsafe WHERE unsafe.subject_id = subject.id
        AND unsafe.kind = 'safety' AND unsafe.closed_at IS NULL
    )
    AND EXISTS (
        SELECT FROM consents_legalbasis basis WHERE basis.purpose_id = service.purpose_id
        AND basis.operation = 'contacting' AND basis.kind <> 'consent' AND current_date
            BETWEEN basis.in_force_from AND coalesce(basis.in_force_until, 'infinity')
    )
"""


def forbid_some(superuser: connection) -> None:
    """Of most families something keeps the message from going: one reason in ten each."""
    with superuser.cursor() as cursor:
        cursor.execute(FORBID.replace("%%", "%"))


def ask_gate(url: str, portions: list[list[int]]) -> tuple[float, set[int]]:
    """The seconds it takes to ask by hand, and the messages that may go."""
    database = psycopg2.connect(url)
    may_go: set[int] = set()
    began = time.perf_counter()
    with database, database.cursor() as cursor:
        for ids in portions:
            cursor.execute(GATE, {"ids": ids})
            may_go.update(pk for (pk,) in cursor.fetchall())
    took = time.perf_counter() - began
    database.close()
    return took, may_go
