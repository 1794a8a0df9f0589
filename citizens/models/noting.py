"""The triggers that fill the queue of changes."""

import pgtrigger


def noting_changes(*columns: str) -> list[pgtrigger.Trigger]:
    """Triggers that put the people in these columns of a table into the queue.

    Once for a statement, so that an import of a whole register is one more insert.
    """
    return [
        _noting(columns, "added", pgtrigger.Insert, pgtrigger.Referencing(new="new_rows")),
        _noting(
            columns,
            "changed",
            pgtrigger.Update,
            pgtrigger.Referencing(old="old_rows", new="new_rows"),
        ),
        _noting(columns, "removed", pgtrigger.Delete, pgtrigger.Referencing(old="old_rows")),
    ]


def _noting(
    columns: tuple[str, ...],
    name: str,
    operation: pgtrigger.Operation,
    referencing: pgtrigger.Referencing,
) -> pgtrigger.Trigger:
    tables = [table for table in (referencing.old, referencing.new) if table]
    people = " UNION ".join(f"SELECT {one} FROM {table}" for table in tables for one in columns)
    return pgtrigger.Trigger(
        name=f"noted_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=referencing,
        func=f"INSERT INTO citizens_personchange (person_id) {people}; RETURN NULL;",
    )
