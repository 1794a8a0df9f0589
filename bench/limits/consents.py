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
