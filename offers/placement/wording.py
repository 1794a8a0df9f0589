"""The reasons in words, in Finnish, Swedish and English.

A unit's name is never inflected and the sentences are whole: each language has its own.
"""

from offers.placement.assignment import Assignment
from offers.placement.reasons import PassedOver, Reason, Reasons

LANGUAGES = ("fi", "sv", "en")

_GROUPS = {
    "fi": {"fi": "suomenkielinen ryhmä", "sv": "ruotsinkielinen ryhmä", "": "toivottu ryhmä"},
    "sv": {"fi": "finskspråkig grupp", "sv": "svenskspråkig grupp", "": "önskad grupp"},
    "en": {"fi": "Finnish group", "sv": "Swedish group", "": "group of the kind asked for"},
}

_REASONS = {
    "fi": {
        "pinned": "Käsittelijä on valinnut paikan.",
        "nearest": "Lähin paikka, jossa on {group}.",
        "nearest_free": "Lähin paikka, jossa on vapaana {group}.",
        "total_distance": "Paikat on jaettu niin, että kaikkien matkat ovat yhteensä lyhimmät.",
        "address_unknown": "Osoite ei ole tiedossa; paikassa on vapaana {group}.",
        "admission_area": "Paikka on oman oppilaaksiottoalueen paikka.",
        "immersion_continuity": "Kielikylpy jatkuu.",
        "current_unit": "Sama paikka kuin nyt.",
        "likely_school": "Paikka on todennäköisessä tulevassa koulussa.",
        "sibling_there": "Sisarus on samassa paikassa.",
        "special_group": "Paikka on erityisryhmässä.",
        "no_group": "Missään paikassa ei ole ryhmää, jota toivottiin.",
        "unreachable": "Mihinkään paikkaan, jossa on {group}, ei ole kulkuyhteyttä.",
        "full": "Kaikki paikat, joissa on {group}, ovat täynnä.",
        "no_room_together": "Missään ei ole {count} vapaata paikkaa sisaruksille yhdessä.",
    },
    "sv": {
        "pinned": "Handläggaren har valt platsen.",
        "nearest": "Närmaste enhet med {group}.",
        "nearest_free": "Närmaste enhet med en ledig plats i {group}.",
        "total_distance": "Platserna är fördelade så att allas vägar sammanlagt är kortast.",
        "address_unknown": "Adressen är inte känd; enheten har en ledig plats i {group}.",
        "admission_area": "Enheten hör till det egna antagningsområdet.",
        "immersion_continuity": "Språkbadet fortsätter.",
        "current_unit": "Samma enhet som nu.",
        "likely_school": "Platsen är i den troliga blivande skolan.",
        "sibling_there": "Ett syskon är i samma enhet.",
        "special_group": "Platsen är i en specialgrupp.",
        "no_group": "Ingen enhet har en grupp av det slag som önskades.",
        "unreachable": "Det finns ingen väg till någon enhet med {group}.",
        "full": "Alla enheter med {group} är fulla.",
        "no_room_together": "Ingen enhet har {count} lediga platser för syskonen tillsammans.",
    },
    "en": {
        "pinned": "A caseworker chose the place.",
        "nearest": "Nearest with a {group}.",
        "nearest_free": "Nearest with a free {group}.",
        "total_distance": "Places are shared out so that everybody's ways together are shortest.",
        "address_unknown": "The address is not known; the place has a free {group}.",
        "admission_area": "The place belongs to the home's own admission area.",
        "immersion_continuity": "Language immersion continues.",
        "current_unit": "The same place as now.",
        "likely_school": "The place is in the likely future school.",
        "sibling_there": "A sibling is at the same place.",
        "special_group": "The place is in a special group.",
        "no_group": "No place has a group of the kind asked for.",
        "unreachable": "There is no way to any place with a {group}.",
        "full": "Every place with a {group} is full.",
        "no_room_together": "Nowhere are {count} seats free for the siblings together.",
    },
}

_APPOINTMENTS = {
    "fi": {
        "pinned": "Käsittelijä on valinnut ajan.",
        "nearest": "Lähin paikka, jossa on aikoja.",
        "nearest_free": "Lähin paikka, jossa on vapaa aika.",
        "total_distance": "Ajat on jaettu niin, että kaikkien matkat ovat yhteensä lyhimmät.",
        "address_unknown": "Osoite ei ole tiedossa; paikassa on vapaa aika.",
        "no_group": "Missään paikassa ei ole aikoja tähän.",
        "unreachable": "Mihinkään paikkaan, jossa on aikoja, ei ole kulkuyhteyttä.",
        "full": "Kaikki ajat on varattu.",
        "no_room_together": "Missään ei ole {count} vapaata aikaa sisaruksille yhdessä.",
    },
    "sv": {
        "pinned": "Handläggaren har valt tiden.",
        "nearest": "Närmaste enhet med tider.",
        "nearest_free": "Närmaste enhet med en ledig tid.",
        "total_distance": "Tiderna är fördelade så att allas vägar sammanlagt är kortast.",
        "address_unknown": "Adressen är inte känd; enheten har en ledig tid.",
        "no_group": "Ingen enhet har tider för detta.",
        "unreachable": "Det finns ingen väg till någon enhet med tider.",
        "full": "Alla tider är bokade.",
        "no_room_together": "Ingen enhet har {count} lediga tider för syskonen tillsammans.",
    },
    "en": {
        "pinned": "A caseworker chose the time.",
        "nearest": "Nearest with appointments.",
        "nearest_free": "Nearest with a free time.",
        "total_distance": "Times are shared out so that everybody's ways together are shortest.",
        "address_unknown": "The address is not known; the place has a free time.",
        "no_group": "No place has appointments for this.",
        "unreachable": "There is no way to any place with appointments.",
        "full": "Every time is taken.",
        "no_room_together": "Nowhere are {count} times free for the siblings together.",
    },
}
"""What is said otherwise where a seat is an appointment: it has a time, and no group."""

_WISHED_FOR = {
    "fi": {
        "nearest": "{unit} on lähin, mutta",
        "distance": "{unit} on lähempänä, mutta",
        "admission_area": "{unit} on oman oppilaaksiottoalueen paikka, mutta",
        "immersion_continuity": "{unit} jatkaisi kielikylpyä, mutta",
        "current_unit": "{unit} on nykyinen paikka, mutta",
        "likely_school": "{unit} on todennäköinen tuleva koulu, mutta",
        "sibling_there": "{unit} on sisaruksen paikka, mutta",
        "special_group": "{unit} olisi tarjonnut erityisryhmän, mutta",
        "listed_first": "{unit} olisi ollut ensin, mutta",
    },
    "sv": {
        "nearest": "{unit} är närmast, men",
        "distance": "{unit} är närmare, men",
        "admission_area": "{unit} hör till det egna antagningsområdet, men",
        "immersion_continuity": "{unit} skulle fortsätta språkbadet, men",
        "current_unit": "{unit} är den nuvarande enheten, men",
        "likely_school": "{unit} är den troliga blivande skolan, men",
        "sibling_there": "{unit} är syskonets enhet, men",
        "special_group": "{unit} har en specialgrupp, men",
        "listed_first": "{unit} skulle ha kommit först, men",
    },
    "en": {
        "nearest": "{unit} is the nearest, but",
        "distance": "{unit} is nearer, but",
        "admission_area": "{unit} belongs to the home's own admission area, but",
        "immersion_continuity": "{unit} would continue the immersion, but",
        "current_unit": "{unit} is the present place, but",
        "likely_school": "{unit} is the likely future school, but",
        "sibling_there": "{unit} is the sibling's place, but",
        "special_group": "{unit} has a special group, but",
        "listed_first": "{unit} would have come first, but",
    },
}

_LOST_TO = {
    "fi": {
        "distance": "sen {last} sai {someone}, joka asuu lähempänä.",
        "admission_area": "sen {last} sai {someone} sen omalta oppilaaksiottoalueelta.",
        "immersion_continuity": "sen {last} sai {someone}, jonka kielikylpy jatkuu.",
        "current_unit": "sen {last} sai {someone}, joka on siellä jo nyt.",
        "likely_school": "sen {last} sai {someone}, jonka tuleva koulu se on.",
        "sibling_there": "sen {last} sai {someone}, jonka sisarus on siellä.",
        "special_group": "sen {last} sai {someone}, jolle erityisryhmä on tarkoitettu.",
        "lottery": "sen {lot} ratkaistiin arvalla.",
        "pinned": "sen {last} antoi käsittelijä.",
        "too_small": "siellä ryhmää ei avata, koska siihen tulisi liian vähän osallistujia.",
        "siblings": "sen {all} jaettiin niin, että sisarukset pysyvät yhdessä.",
        "no_room_together": "siellä ei ole {room} sisaruksille yhdessä.",
        "total_distance": "näin matkat ovat kaikille yhteensä lyhimmät.",
    },
    "sv": {
        "distance": "dess {last} gick till {someone} som bor närmare.",
        "admission_area": "dess {last} gick till {someone} från dess eget antagningsområde.",
        "immersion_continuity": "dess {last} gick till {someone} vars språkbad fortsätter.",
        "current_unit": "dess {last} gick till {someone} som redan är där.",
        "likely_school": "dess {last} gick till {someone} vars blivande skola den är.",
        "sibling_there": "dess {last} gick till {someone} som har ett syskon där.",
        "special_group": "dess {last} gick till {someone} som specialgruppen är avsedd för.",
        "lottery": "dess {last} avgjordes med lottning.",
        "pinned": "dess {last} gavs av handläggaren.",
        "too_small": "gruppen öppnas inte där, för den skulle få för få deltagare.",
        "siblings": "dess {all} delades ut så att syskon hålls tillsammans.",
        "no_room_together": "där finns inte {room} för syskonen tillsammans.",
        "total_distance": "så här är allas vägar sammanlagt kortast.",
    },
    "en": {
        "distance": "its {last} went to {someone} who lives nearer.",
        "admission_area": "its {last} went to {someone} from its own admission area.",
        "immersion_continuity": "its {last} went to {someone} whose immersion continues.",
        "current_unit": "its {last} went to {someone} who is there already.",
        "likely_school": "its {last} went to {someone} whose future school it is.",
        "sibling_there": "its {last} went to {someone} with a sibling there.",
        "special_group": "its {last} went to {someone} for whom the special group is meant.",
        "lottery": "its {last} was decided by lot.",
        "pinned": "a caseworker gave its {last}.",
        "too_small": "the group is not opened there, because too few would be in it.",
        "siblings": "its {all} were shared out so that siblings stay together.",
        "no_room_together": "it has no {room} for the siblings together.",
        "total_distance": "this way everybody's ways together are shortest.",
    },
}

_SEATS = {
    "fi": {
        "last": "viimeisen paikan",
        "lot": "viimeinen paikka",
        "all": "paikat",
        "room": "tilaa",
    },
    "sv": {"last": "sista plats", "all": "platser", "room": "rum"},
    "en": {"last": "last seat", "all": "seats", "room": "room"},
}
_TIMES = {
    "fi": {"last": "viimeisen ajan", "lot": "viimeinen aika", "all": "ajat", "room": "aikoja"},
    "sv": {"last": "sista tid", "all": "tider", "room": "tider"},
    "en": {"last": "last time", "all": "times", "room": "times"},
}
"""What is given out: seats, or appointments."""

_SOMEONE = {
    "fi": ("lapsi", "henkilö"),
    "sv": ("ett barn", "en person"),
    "en": ("a child", "somebody"),
}

_NOTES = {
    "fi": {
        "way": "Matka on {metres} m linnuntietä.",
        "over_line": "Se on yli 5 km: maksuton kuljetus kuuluu teille.",
        "over_water": "Linnuntie kulkee veden yli: oikea matka on pidempi.",
        "separated": "Missään ei ole tilaa sisaruksille yhdessä.",
    },
    "sv": {
        "way": "Vägen är {metres} m fågelvägen.",
        "over_line": "Det är över 5 km: ni har rätt till avgiftsfri skjuts.",
        "over_water": "Fågelvägen går över vatten: den verkliga vägen är längre.",
        "separated": "Ingen enhet har rum för syskonen tillsammans.",
    },
    "en": {
        "way": "The way is {metres} m in a straight line.",
        "over_line": "That is over 5 km: you have a right to free transport.",
        "over_water": "The straight line crosses water: the real way is longer.",
        "separated": "Nowhere is there room for the siblings together.",
    },
}


def word_reason(reason: Reason, language: str) -> str:
    """The reason in fi, sv or en; other languages are worded in English."""
    language = language if language in LANGUAGES else "en"
    groups = _GROUPS[language]
    worded = _REASONS[language] | (_APPOINTMENTS[language] if reason.appointment else {})
    sentence = worded[reason.code].format(
        group=groups.get(reason.group or "", groups[""]), count=reason.party_size
    )
    if reason.passed_over is not None and reason.code != "total_distance":
        sentence = f"{sentence} {_word_passed_over(reason, reason.passed_over, language)}"
    return " ".join([sentence, *_notes(reason, language)])


def explain(assignment: Assignment, subject: int, language: str) -> str:
    """Why the subject in this row has its seat, or has none, in fi, sv or en."""
    return word_reason(Reasons(assignment).of(subject), language)


def _word_passed_over(reason: Reason, passed: PassedOver, language: str) -> str:
    someone = _SOMEONE[language][reason.appointment]
    wished = _WISHED_FOR[language][passed.wished_for].format(unit=passed.unit)
    given = (_TIMES if reason.appointment else _SEATS)[language]
    return f"{wished} {_LOST_TO[language][passed.lost_to].format(someone=someone, **given)}"


def _notes(reason: Reason, language: str) -> list[str]:
    notes = _NOTES[language]
    said: list[str] = []
    if reason.over_line:
        said += [notes["way"].format(metres=reason.metres)]
        said += [] if reason.appointment else [notes["over_line"]]
    if reason.over_water:
        said.append(notes["over_water"])
    if reason.separated:
        said.append(notes["separated"])
    return said
