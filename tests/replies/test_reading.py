"""What the reader makes of one reply: children, digits, safety, machines, bad keyboards."""

import pytest

from offers.replies.reading import ChildRef, Reading, mask_identity_codes, read_reply

AINO, EINO = ChildRef("A", "Aino"), ChildRef("B", "Eino")
BOTH_YES = {"A": Reading.ACCEPT, "B": Reading.ACCEPT}
AINO_ONLY = {"A": Reading.ACCEPT, "B": Reading.DECLINE}


@pytest.mark.parametrize(
    "text",
    [
        "Aino kyllä, Eino ei",
        "Ainolle kyllä, Einolle ei kiitos",
        "Kyllä Ainolle, ei Einolle",
        "Kyllä Aino, Eino ei",
        "Ainolle kyllä mutta ei Einolle",
        "A kyllä B ei",
        "a kyllä b ei",
        "A: kyllä, B: ei",
        "A=kyllä B=ei",
        "A:lle kyllä, B:lle ei",
        "Ei Einolle. Ainolle kyllä, kiitos. T. Eija",
        "Yes for A, no for B",
        "А да, B нет",
        "Ainon paikka otetaan, Einon ei",
    ],
)
def test_different_answers_for_two_children_are_told_apart(text: str) -> None:
    found = read_reply(text, language="fi", children=[AINO, EINO])
    assert (found.reading, found.by_child) == (Reading.MIXED, AINO_ONLY)


@pytest.mark.parametrize("text", ["A ja B kyllä", "Kyllä Aino ja Eino", "Aino joo, Eino joo"])
def test_the_same_answer_for_each_child_named_is_one_answer(text: str) -> None:
    found = read_reply(text, language="fi", children=[AINO, EINO])
    assert (found.reading, found.by_child) == (Reading.ACCEPT, BOTH_YES)


@pytest.mark.parametrize(
    ("text", "language", "reading"),
    [
        ("Kyllä molemmille", "fi", Reading.ACCEPT),
        ("Molemmat ei kiitos", "fi", Reading.DECLINE),
        ("Emme ota kumpaakaan", "fi", Reading.DECLINE),
        ("Ja till båda", "sv", Reading.ACCEPT),
        ("Both yes", "en", Reading.ACCEPT),
        ("Да для обоих", "ru", Reading.ACCEPT),
    ],
)
def test_both_is_heard(text: str, language: str, reading: Reading) -> None:
    found = read_reply(text, language=language, children=[AINO, EINO])
    assert (found.reading, found.says_all, found.by_child) == (reading, True, {})
    assert read_reply(text, language=language, children=[AINO]).reading is Reading.MIXED


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Kyllä kyllä!", ["fi", "sv", "en", "et", "ru"]),
        ("KYLLÄ KYLLÄ", ["fi"]),
        ("Kyllä kyllä, kiitos", ["fi", "sv", "en"]),
        ("Yes yes", ["en", "fi"]),
    ],
)
def test_the_word_that_is_asked_for_may_be_said_twice(text: str, languages: list[str]) -> None:
    found = {language: read_reply(text, language=language).reading for language in languages}
    assert found == dict.fromkeys(languages, Reading.ACCEPT)


@pytest.mark.parametrize(
    "text", ["Joo joo", "Ja ja", "Yeah yeah", "Jah jah", "Kyllä kyllä ehkä", "Kyllä kyllä mutta"]
)
@pytest.mark.parametrize("language", ["fi", "sv", "en", "et"])
def test_an_impatient_word_said_twice_is_asked_back(text: str, language: str) -> None:
    assert read_reply(text, language=language).reading not in {Reading.ACCEPT, Reading.DECLINE}


def test_a_bare_yes_says_nothing_of_which_child() -> None:
    found = read_reply("Kyllä", language="fi", children=[AINO, EINO])
    assert (found.reading, found.says_all, found.by_child) == (Reading.ACCEPT, False, {})


@pytest.mark.parametrize(
    "text",
    [
        "Aino kyllä Eino",
        "Ei, Aino kyllä. Eino",
        "Aino kyllä, Aino ei",
        "Aino, kyllä Eino",
        "Aino kyllä, Eino ehkä",
        "Aino kyllä, Eino jos mahtuu",
        "Liisa kyllä, Eino ei",
    ],
)
def test_nothing_is_taken_for_a_child_that_cannot_be_told(text: str) -> None:
    found = read_reply(text, language="fi", children=[AINO, EINO])
    assert found.reading in {Reading.MIXED, Reading.UNCLEAR}
    assert found.by_child == {}


def test_a_child_not_spoken_of_has_no_answer() -> None:
    found = read_reply("Aino kyllä", language="fi", children=[AINO, EINO])
    assert (found.reading, found.by_child) == (Reading.MIXED, {"A": Reading.ACCEPT})


def test_an_initial_is_a_name_unless_it_is_another_childs_letter() -> None:
    initials = [ChildRef("A", "M"), ChildRef("B", "A")]
    assert read_reply("M kyllä", language="fi", children=initials).by_child == {"A": Reading.ACCEPT}
    assert read_reply("A kyllä", language="fi", children=initials).by_child == {}


def test_twins_with_one_initial_are_not_told_apart_by_it() -> None:
    found = read_reply(
        "E kyllä", language="fi", children=[ChildRef("A", "Eino"), ChildRef("B", "Eino")]
    )
    assert found.by_child == {}
    assert found.reading not in {Reading.ACCEPT, Reading.DECLINE}


@pytest.mark.parametrize("name", ["Mikko", "Anna-Maija", "Robin", "Pekka", "Oliver"])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_child_is_known_by_its_name_in_any_case(name: str, language: str) -> None:
    given = {
        "Mikko": "Mikolle",
        "Anna-Maija": "Annalle",
        "Robin": "Robinille",
        "Pekka": "Pekalle",
        "Oliver": "Oliverille",
    }[name]
    found = read_reply(f"Kyllä {given}", language=language, children=[ChildRef("A", name)])
    assert found.by_child == {"A": Reading.ACCEPT}


def test_a_child_that_was_not_asked_about_leaves_it_undecided() -> None:
    assert read_reply("Liisalle kyllä", language="fi", children=[EINO]).reading is Reading.UNCLEAR


@pytest.mark.parametrize("text", ["1", "1.", "1!", "1️⃣", "١", "１", "1 kiitos", "Vastaus 1"])
def test_one_means_yes_only_where_digits_were_offered(text: str) -> None:
    assert read_reply(text, language="fi", digits_offered=True).reading is Reading.ACCEPT
    assert read_reply(text, language="fi").reading is Reading.UNCLEAR


@pytest.mark.parametrize("text", ["12", "1 2", "1 tai 2", "1 ei", "2 kyllä", "11", "1,5", "3"])
def test_other_digits_mean_nothing(text: str) -> None:
    assert read_reply(text, language="fi", digits_offered=True).reading not in {
        Reading.ACCEPT,
        Reading.DECLINE,
    }


def test_digits_may_stand_beside_letters() -> None:
    found = read_reply("A1 B2", language="fi", children=[AINO, EINO], digits_offered=True)
    assert found.by_child == AINO_ONLY


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Kyllä, mutta isä ei saa tietää osoitetta", "fi"),
        ("Olemme turvakodissa. Lopettakaa viestit", "fi"),
        ("Väärä numero, soitan poliisille", "fi"),
        ("Vi har skyddad identitet, ja tack", "sv"),
        ("Yes. Please don't tell my ex", "en"),
        ("Мы боимся отца, да", "ru"),
        ("Oleme varjupaigas", "et"),
        ("نعم، نحن في ملجأ", "ar"),
    ],
)
def test_a_safety_word_outranks_everything_else(text: str, language: str) -> None:
    found = read_reply(text, language=language)
    assert (found.reading, found.urgent) == (Reading.UNCLEAR, True)


@pytest.mark.parametrize(
    "text",
    [
        "Ajan autoa, vastaan myöhemmin",
        "Automaattinen vastaus: palaan 3.8.",
        "I'm driving - Sent from my car",
        "Out of office until Monday. For urgent matters call the switchboard.",
        "Autosvar: tack för ditt meddelande",
    ],
)
def test_a_machines_answer_is_recognised(text: str) -> None:
    found = read_reply(text, language="fi")
    assert (found.reading, found.automatic) == (Reading.UNCLEAR, True)


def test_who_drives_may_still_say_yes() -> None:
    assert not read_reply("Kyllä! Ajan autoa", language="fi").automatic


@pytest.mark.parametrize(
    "text",
    [
        "ky\u200bllä",  # zero-width space
        "\u2067kyllä\u2069",  # direction marks
        "Kyllä\u00a0kiitos",
        "Ｋｙｌｌä",
        "𝐊𝐲𝐥𝐥𝐚",
        "Kylla\u0308",  # decomposed
        "Куllä",  # Cyrillic K and u
        "kylläääää!!!!",
        "k y l l ä",
        "«Kyllä»",
        "> Vastaa KYLLÄ tai EI\nKyllä",
        "Kyllä\nMaija Virtanen",
        "Kyllä. Lähetetty iPhonesta",
        "kyllö",
        "kykllä",
    ],
)
def test_what_phones_and_keyboards_do_to_a_word_is_undone(text: str) -> None:
    assert read_reply(text, language="fi").reading is Reading.ACCEPT


@pytest.mark.parametrize(
    "text",
    [
        "Kyllä\nKotka",  # a name or another unit
        "Kyllä ******-****",
        "Kyllä http://example.org",
        "Kyllä 020202A9999",
        "Kyllä " + "kiitos " * 400,
        "Kyllä #",
        "Kyllä 1000",
    ],
)
def test_anything_unexplained_leaves_a_yes_undecided(text: str) -> None:
    assert read_reply(text, language="fi").reading is Reading.UNCLEAR


def test_a_typo_is_not_undone_where_another_word_is_as_near() -> None:
    # "kieltäydy" is the negated form, one letter from "I refuse"
    assert read_reply("Emme kieltäydy", language="fi").reading is Reading.UNCLEAR
    # "Vantaan" is a town, one letter from the particle of "to receive"
    assert read_reply("Otamme Vantaan", language="fi").reading is Reading.UNCLEAR


@pytest.mark.parametrize("language", ["", "xx", "fi-FI", "SV", "und"])
def test_any_hint_will_do(language: str) -> None:
    assert read_reply("Kyllä kiitos", language=language).reading is Reading.ACCEPT


def test_a_reason_holds_no_more_of_the_text_than_a_word_of_the_vocabulary() -> None:
    found = read_reply("Kyllä. Kai, sanoi Mirjami Salasana", language="fi")
    assert "kai" in found.reason
    assert "irjami" not in found.reason


@pytest.mark.parametrize(
    "code",
    [
        "010119A123B",
        "131052-308T",
        "131052–308t",
        "131052 - 308T",
        "13.10.52-308T",
        "010594Y9032",
        "131052308T",
        "1310\u200b52-308T",
        "19811218-9876",  # Swedish
        "39001010077",  # Estonian
        "١٣١٠٥٢-٣٠٨T",
    ],
)
def test_an_identity_code_is_masked_before_it_is_stored(code: str) -> None:
    assert mask_identity_codes(f"Kyllä, tunnus {code}. Kiitos") == (
        "Kyllä, tunnus ******-****. Kiitos"
    )


@pytest.mark.parametrize(
    "text", ["040 123 4567", "+358401234567", "3.8.2026 klo 10-12", "35840123456", "Koskelantie 12"]
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert mask_identity_codes(text) == text


PLACES = ["Päiväkoti Kannelmäki", "Daghemmet Kannelmäki"]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Kyllä, Päiväkoti Kannelmäki", Reading.ACCEPT),
        ("Otamme paikan Kannelmäestä", Reading.ACCEPT),
        ("Päiväkoti Kannelmäki sopii meille", Reading.ACCEPT),
        ("Ja tack, daghemmet Kannelmäki", Reading.ACCEPT),
        ("Kannelmäki ei", Reading.DECLINE),
        ("Kannelmäki", Reading.UNCLEAR),
        ("Mieluummin Kannelmäki", Reading.UNCLEAR),
        ("Ei Kannelmäki vaan Tuulimylly", Reading.MIXED),
        ("Kyllä, Päiväkoti Tuulimylly", Reading.UNCLEAR),
    ],
)
def test_the_place_that_was_offered_may_be_named(text: str, reading: Reading) -> None:
    assert read_reply(text, language="fi", places=PLACES).reading is reading


def test_a_place_that_was_not_offered_is_an_unknown_word() -> None:
    assert read_reply("Kyllä, Päiväkoti Kannelmäki", language="fi").reading is Reading.UNCLEAR


@pytest.mark.parametrize("text", ["Kyllä ilolla", "Ilolla kyllä", "Ei ilo ylimmillään"])
def test_a_place_named_like_a_word_is_not_met_in_the_word(text: str) -> None:
    named = read_reply(text, language="fi", places=["Päiväkoti Ilo"])
    assert named.reading is read_reply(text, language="fi").reading


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Kyllä. Matti", Reading.ACCEPT),
        ("Kyllä / Matti Meikäläinen", Reading.ACCEPT),
        ("Yes - John", Reading.ACCEPT),
        ("Ei kiitos, Maija Virtanen", Reading.DECLINE),
        ("Kyllä, Matti", Reading.UNCLEAR),  # a child's name?
        ("Kyllä. matti", Reading.UNCLEAR),
        ("Kyllä. Kotkaan", Reading.UNCLEAR),
        ("Kyllä. Matti päättää", Reading.UNCLEAR),
        ("Kyllä. Matti Ehkä", Reading.UNCLEAR),
        ("Yes - Provisionally", Reading.UNCLEAR),
    ],
)
def test_a_first_name_at_the_end_is_a_signature(text: str, reading: Reading) -> None:
    assert read_reply(text, language="fi").reading is reading


def test_a_child_asked_about_does_not_sign() -> None:
    found = read_reply("Kyllä. Aino", language="fi", children=[AINO, EINO])
    assert (found.reading, found.by_child) == (Reading.MIXED, {"A": Reading.ACCEPT})


@pytest.mark.parametrize(
    ("text", "language", "reading"),
    [
        ("Kyllää, kiitoksia", "fi", Reading.ACCEPT),
        ("Eii kiitos", "fi", Reading.DECLINE),
        ("Nejj tack", "sv", Reading.DECLINE),
        ("Jahh", "et", Reading.ACCEPT),
        ("Jaa", "sv", Reading.UNCLEAR),  # a word of its own: "well"
        ("Kello kyllä", "fi", Reading.UNCLEAR),
        ("Villaa", "fi", Reading.UNCLEAR),
    ],
)
def test_a_last_letter_held_too_long_changes_nothing(
    text: str, language: str, reading: Reading
) -> None:
    assert read_reply(text, language=language).reading is reading


@pytest.mark.parametrize(
    ("text", "language", "reading"),
    [
        ("Ei sittenkään", "fi", Reading.DECLINE),
        ("Emme sittenkään ota paikkaa", "fi", Reading.DECLINE),
        ("Kyllä sittenkin!", "fi", Reading.ACCEPT),
        ("Muutin mieleni. Otan paikan sittenkin.", "fi", Reading.ACCEPT),
        ("Emme sittenkään kieltäydy", "fi", Reading.UNCLEAR),
        ("Ei sittenkään haittaa", "fi", Reading.UNCLEAR),
        ("Muutin mieleni", "fi", Reading.UNCLEAR),
        ("Nej trots allt", "sv", Reading.DECLINE),
        ("Yes after all", "en", Reading.ACCEPT),
        ("We may after all", "en", Reading.UNCLEAR),
    ],
)
def test_second_thoughts_are_read_as_what_they_come_to(
    text: str, language: str, reading: Reading
) -> None:
    assert read_reply(text, language=language).reading is reading
