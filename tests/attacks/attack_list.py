"""Every attack, each with the weakness it must catch."""

from tests.attacks import from_inside as inside
from tests.attacks import from_outside as outside
from tests.attacks import on_what_is_kept as kept
from tests.attacks.target import Attack

ATTACKS = {
    attack.name: attack
    for attack in (
        Attack("forged webhook", outside.forged_webhook, outside.weak_signature),
        Attack("replayed webhook", outside.replayed_webhook, outside.weak_replay),
        Attack("guessed token", outside.guessed_token, outside.weak_token),
        Attack("another family's token", outside.another_familys_token, outside.weak_ownership),
        Attack("mass assignment", inside.mass_assignment, inside.weak_form),
        Attack("IDOR", inside.idor, inside.weak_roles),
        Attack("CSRF", outside.csrf, outside.weak_csrf),
        Attack("stored XSS", inside.stored_xss, inside.weak_escaping),
        Attack("SQL in filters", inside.sql_in_filters, inside.weak_search),
        Attack("CSV formulas", inside.csv_formulas, inside.weak_csv),
        Attack("open redirect", outside.open_redirect, outside.weak_redirect),
        Attack("header injection", kept.header_injection, kept.weak_mail),
        Attack("expanding register file", kept.expanding_file, kept.weak_reading),
        Attack("junk requests", inside.junk, inside.weak_view),
        Attack("superuser's UPDATE", kept.superusers_update, kept.weak_verification, undone=False),
        Attack("personal data left", kept.personal_data, kept.weak_logging, undone=False),
    )
}
