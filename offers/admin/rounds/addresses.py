"""Where each page of a round is."""

from django.urls import path
from django.views.generic import RedirectView

from offers.admin.rounds import downloads, drafts, heads, overview, people, seats, steps

round_addresses = [
    path("add/", drafts.new_round, name="offers_round_add"),
    path("<int:pk>/", RedirectView.as_view(pattern_name="admin:offers_round_change")),
    path("<int:pk>/change/", overview.round_page, name="offers_round_change"),
    path("<int:pk>/edit/", drafts.edit_round, name="offers_round_edit"),
    path("<int:pk>/progress/", overview.progress, name="offers_round_progress"),
    path("<int:pk>/do/<slug:step>/", steps.take_step, name="offers_round_step"),
    path("<int:pk>/test/", steps.send_test, name="offers_round_test"),
    path("<int:pk>/people/", people.people, name="offers_round_people"),
    path("<int:pk>/people/<int:subject>/", people.subject_page, name="offers_round_subject"),
    path("<int:pk>/people/<int:subject>/pin/", people.pin, name="offers_round_pin"),
    path("<int:pk>/people/<int:subject>/settle/", people.settle, name="offers_round_settle"),
    path("<int:pk>/people/<int:subject>/assign/", people.assign, name="offers_round_assign"),
    path("<int:pk>/heads/", heads.heads_page, name="offers_round_heads"),
    path("<int:pk>/heads/ask/", heads.ask, name="offers_round_ask"),
    path("looks/<int:pk>/", heads.look_page, name="offers_unitlook"),
    path("<int:pk>/seats/", seats.occupancy, name="offers_round_seats"),
    path("<int:pk>/download/<slug:kind>/", downloads.download, name="offers_round_download"),
]
