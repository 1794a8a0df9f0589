"""The limit: nothing but the provider's client in a loop of threads. Also the peer: a task each.

Reads texts as JSON lines from standard input, says "ready", and on the next line sends them all.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from requests import Session
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


def client(connections: int) -> Client:
    """Twilio's client, aimed at the simulator, with a connection for each thread."""
    http = TwilioHttpClient(timeout=10)
    http.session = Session()
    http.session.trust_env = False
    http.session.mount("http://", HTTPAdapter(pool_maxsize=connections, pool_block=True))
    made = Client(
        os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"], http_client=http
    )
    made.api.base_url = os.environ["TWILIO_BASE_URL"]
    return made


def main(connections: int) -> None:
    """Send everything; print the seconds from the first call to the last answer."""
    texts = [json.loads(line) for line in iter(sys.stdin.readline, "\n")]
    provider = client(connections)
    sender = os.environ["TWILIO_FROM"]

    def send(text: dict[str, str]) -> None:
        provider.messages.create(to=text["to"], from_=sender, body=text["body"])

    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, texts))
    print(time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
