"""The limit of the import: COPY of the finished rows into the same tables, with psycopg2 alone."""

import time
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection

TABLES = {
    "citizens_person": (
        "id, register_key, identity_code, identity_code_index, first_names, last_name, "
        "birth_date, sex, mother_tongue, contact_language, municipality, address, address_index, "
        "postal_code, latitude, longitude, protected, place_by_hand, died_on, moved_out_on, "
        "gone_at, changed_at"
    ),
    "citizens_guardianship": "id, guardian_id, child_id, may_decide, valid_from, valid_until",
    "citizens_contactpoint": (
        "id, person_id, kind, value, value_index, priority, health, health_at, gone_at"
    ),
}


def save(url: str, folder: Path) -> None:
    """Write the finished rows of each table to a file."""
    with psycopg2.connect(url) as database, database.cursor() as cursor:
        for table, columns in TABLES.items():
            with (folder / table).open("wb") as file:
                cursor.copy_expert(f"COPY {table} ({columns}) TO STDOUT", file)
    database.close()


def copy(url: str, folder: Path) -> float:
    """Read the files back into empty tables; seconds from begin to commit."""
    database = psycopg2.connect(url)
    began = time.perf_counter()
    with database, database.cursor() as cursor:
        for table, columns in TABLES.items():
            with (folder / table).open("rb") as file:
                cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", file, size=1 << 18)
    took = time.perf_counter() - began
    database.close()
    return took


def empty(superuser: connection) -> None:
    """Empty the tables and write everything to disk, past the guards of other tables."""
    with superuser.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}, citizens_registerimport CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("CHECKPOINT")


def content(superuser: connection) -> list[tuple[int, int]]:
    """For each table the number of rows and a sum over the hashes of all their values."""
    found = []
    with superuser.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) "
                f"FROM {table} t"
            )
            ((rows, total),) = cursor.fetchall()
            found.append((rows, int(total)))
    return found
