"""gunicorn's configuration: `gunicorn --config python:helsinki_proactive.gunicorn`."""

import logging
import os
from typing import Any

from prometheus_client import multiprocess

from helsinki_proactive.logging import configuration

wsgi_app = "helsinki_proactive.wsgi"
bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "2"))
timeout = 60
graceful_timeout = 30
keepalive = 75  # longer than whoever is in front of us keeps a connection that rests
preload_app = True  # a process that replaces another one need not import it all again
max_requests = 100_000
max_requests_jitter = 10_000
control_socket_disable = True
logconfig_dict = configuration(
    readable=os.environ.get("HP_ENV") not in ("production", "staging"), level="INFO"
)
logging.captureWarnings(True)
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": ["console"], "propagate": False}


def child_exit(server: Any, worker: Any) -> None:
    """A worker's gauges go with it."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)
