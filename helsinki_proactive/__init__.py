"""The project: settings, servers, staff, and what shows several of the three apps at once."""

from helsinki_proactive.celery import app as celery_app

__all__ = ["celery_app"]
