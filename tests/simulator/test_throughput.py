"""Fast enough to measure the product with: a round must not wait for the simulator."""

import base64
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlencode

import psutil

from helsinki_proactive.simulator.client import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Simulator,
    start_simulator,
)

MESSAGES = 5591
CONNECTIONS = 16
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
HEADERS = {
    "Authorization": "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode(),
    "Content-Type": "application/x-www-form-urlencoded",
}


def test_one_core_takes_300_messages_a_second_or_more() -> None:
    with start_simulator() as simulator:
        before = _seconds_of_cpu(simulator)
        _send_in_parallel(simulator)
        # Not by the clock on the wall: other tests run on the same cores meanwhile.
        seconds = _seconds_of_cpu(simulator) - before
        assert simulator.counts()["log"]["accepted"] == MESSAGES
        assert len({text.sid for text in simulator.messages()}) == MESSAGES
    assert MESSAGES / seconds >= 300


def _seconds_of_cpu(simulator: Simulator) -> float:
    times = psutil.Process(simulator.pid).cpu_times()
    return float(times.user + times.system)


def _send_in_parallel(simulator: Simulator) -> None:
    port = int(simulator.url.rpartition(":")[2])
    numbers = iter(range(MESSAGES))
    lock = threading.Lock()
    statuses: list[int] = []

    def next_numbers() -> Iterator[int]:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            yield number

    def send() -> None:
        connection = HTTPConnection("127.0.0.1", port)
        for number in next_numbers():
            form = {"To": f"+358457{number:06d}", "From": "+358401234567", "Body": "Moi"}
            connection.request("POST", PATH, urlencode(form), HEADERS)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * MESSAGES
