"""Signing in at the City's identity provider."""

from django.urls import path

from helsinki_proactive.staff import signing_in

app_name = "staff"

urlpatterns = [
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("signed-in/", signing_in.signed_in, name="signed-in"),
]
