"""The caseworkers' own pages, under the admin's address and in its frame."""

from django.urls import path

from helsinki_proactive.casework import cases, people, queue, search, unserved

app_name = "casework"

urlpatterns = [
    path("search/", search.search, name="search"),
    path("people/<int:pk>/", people.person_page, name="person"),
    path("people/<int:pk>/open/", people.open_person, name="open"),
    path("services/unserved/", unserved.unserved, name="unserved"),
    path("queue/", queue.queue, name="queue"),
    path("queue/<int:pk>/", cases.case_page, name="case"),
    path("queue/<int:pk>/<slug:action>/", cases.act, name="act"),
]
