"""The addresses families and providers come to."""

from django.urls import path

from offers.delivery.letter_codes import PATHS
from offers.views import code, family, transparency, unsubscribe, ways, webhooks

app_name = "offers"

urlpatterns = [
    path("webhooks/twilio/status", webhooks.status, name="twilio-status"),
    path("webhooks/twilio/reply", webhooks.reply, name="twilio-reply"),
    *(
        path(page, code.code_page, {"language": language}, name=f"code-{language}")
        for language, page in PATHS.items()
    ),
    path("o/<str:token>/", family.offers_page, name="family"),
    path("o/<str:token>/<str:language>/", family.offers_page, name="family"),
    path("o/<str:token>/<str:language>/answer", family.answer, name="answer"),
    path("o/<str:token>/<str:language>/rating", family.rate, name="rate"),
    path("o/<str:token>/<str:language>/ways", ways.ways_page, name="ways"),
    path("transparency/", transparency.start, name="transparency-start"),
    path("transparency/seal.json", transparency.heads, name="transparency-seal"),
    path("transparency/<str:language>/", transparency.services, name="transparency"),
    path(
        "transparency/<str:language>/register.json", transparency.as_json, name="transparency-json"
    ),
    path(
        "transparency/<str:language>/<slug:code>/",
        transparency.service,
        name="transparency-service",
    ),
    path("unsubscribe/<str:token>", unsubscribe.unsubscribe_page, name="unsubscribe"),
]
