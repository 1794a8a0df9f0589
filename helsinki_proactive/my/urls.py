"""The addresses of a citizen's own pages."""

from django.urls import path

from helsinki_proactive.my import signing_in, views

app_name = "my"

urlpatterns = [
    path("", views.start, name="start"),
    path("signed-in/", signing_in.signed_in, name="signed-in"),
    path("<str:language>/", views.page, name="page"),
    path("<str:language>/sign-in/", signing_in.sign_in, name="sign-in"),
    path("<str:language>/sign-out/", signing_in.sign_out, name="sign-out"),
    path("<str:language>/say/", views.state, name="say"),
    path("<str:language>/channel/", views.choose_channel, name="channel"),
    path("<str:language>/wrong/", views.rectify, name="wrong"),
    path("<str:language>/offer/", views.open_offer, name="offer"),
    path("<str:language>/arranged/", views.arranged, name="arranged"),
    path("<str:language>/my-data.json", views.export, name="export"),
]
