"""The digest of exactly what is sent to approval."""

import hashlib
import json

from django.db import connection

from offers.models import Round, ServiceText


def round_digest(round: Round) -> str:
    """SHA-256 (hex) of the list as it is in the database now, and of what is done with it.

    It covers each subject's person, family, facts, seat, place in the succession and exclusion,
    the rule, the dates, the texts, and who prepared it when.
    """
    rule = round.rule
    content = {
        "round": round.pk,
        "service": [round.service.code, round.service.acceptance, round.service.silence],
        "rule": [rule.version, rule.criteria] if rule else None,
        "dates": [str(round.as_of), str(round.begins_on), str(round.ends_on)],
        "deadline": round.deadline_at.timestamp(),
        "seats": [round.period, round.lottery_seed],
        "prepared": [round.prepared_by_id, round.prepared_at and round.prepared_at.timestamp()],
        "texts": _texts(round),
        "subjects": _subjects(round),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _texts(round: Round) -> list[list[str]]:
    texts = ServiceText.objects.filter(service=round.service_id)
    rows = texts.values_list("kind", "channel", "language", "subject", "body")
    return [list(row) for row in rows.order_by("kind", "channel", "language")]


def _subjects(round: Round) -> str:
    """Each row's digest is made in the database: the list never comes into Python."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(encode(sha256(string_agg(row, '' ORDER BY person_id)), 'hex'), '')
            FROM (
                SELECT person_id, sha256(convert_to(jsonb_build_array(
                    person_id, family, exclusion, capacity_id, succession, facts
                )::text, 'UTF8')) AS row
                FROM offers_subject WHERE round_id = %s
            ) subject
            """,
            [round.pk],
        )
        return str(cursor.fetchone()[0])
