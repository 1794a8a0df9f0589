"""Reading alone: texts a second, and the table of right, asked back needlessly and wrong.

The limit is what any reader must do with a text: bring it into one form and look its words up in
one table. It understands nothing, so its rows cannot be compared with ours.
`--random N` also reads N random strings, none of which may be taken for an answer.
"""

import argparse
import random
import time
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil

from bench.stage import Report, memory_mb
from offers.replies.reading import Reading, read_reply
from offers.replies.reading.judging import ListedReply, Outcome, load_list, score
from offers.replies.reading.vocabulary import vocabulary

LISTS = Path(__file__).parent.parent / "tests" / "replies"
RUNS = 5
SIZES = (1_000, 10_000)
RANDOM = 1_000_000
SHORTEST, LONGEST = 5, 40  # shorter ones hit "ei" and "japp" by themselves
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyzåäö",
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ åäöÅÄÖ 0123456789 .,!?-",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя ",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي ،",
    "".join(chr(code) for code in range(0x20, 0x2FF)),
    "".join(chr(code) for code in (*range(0x1F300, 0x1F6FF), *range(0x2600, 0x27BF))),
    "".join(map(chr, range(0x20, 0xD7FF, 37))),
)


def random_texts(chance: random.Random) -> Iterator[str]:
    """Strings of letters and signs of all scripts, without end."""
    while True:
        alphabet = chance.choice(ALPHABETS)
        yield "".join(chance.choices(alphabet, k=chance.randint(SHORTEST, LONGEST)))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--random", type=int, nargs="?", const=RANDOM, default=0)
    options = parser.parse_args()
    replies = [
        reply for name in ("replies.tsv", "hard_replies.tsv") for reply in load_list(LISTS / name)
    ]
    report = Report("reading")
    measure(report, replies, SIZES[:1] if options.quick else SIZES)
    report.peak_mb = memory_mb(psutil.Process())
    report.finish()
    fastest = report.rows[-1]
    print(f"{fastest.size / fastest.ours:,.0f} texts a second on one core")
    for name in ("replies.tsv", "hard_replies.tsv"):
        found = score((reply, reply.read().reading) for reply in load_list(LISTS / name))
        print(f"\n{name}", *found.lines(), sep="\n")
        assert not found.count(Outcome.HARD)
    if options.random:
        read_random(options.random)


def measure(report: Report, replies: list[ListedReply], sizes: tuple[int, ...]) -> None:
    """Ours and the limit in turn, on the same texts in a random order."""
    chance = random.Random(1)
    known = dict.fromkeys(vocabulary().known)
    for size in sizes:
        texts = chance.choices(replies, k=size)
        ours: list[float] = []
        limit: list[float] = []
        for _ in range(RUNS):
            ours.append(seconds(texts, lambda reply: reply.read()))
            limit.append(seconds(texts, lambda reply: look_up(reply.text, known)))
        report.add("read", size, limit=limit, ours=ours, peers={})


def look_up(text: str, known: dict[str, None]) -> int:
    """How many words of a text are in the table."""
    return sum(word in known for word in unicodedata.normalize("NFKC", text).casefold().split())


def seconds(replies: list[ListedReply], work: Callable[[ListedReply], object]) -> float:
    """How long it takes to do this with each reply."""
    began = time.perf_counter()
    for reply in replies:
        work(reply)
    return time.perf_counter() - began


def read_random(count: int) -> None:
    """Random strings are no answers: AssertionError at the first that is taken for one."""
    for text in islice(random_texts(random.Random(2)), count):
        reading = read_reply(text, language="fi").reading
        assert reading not in {Reading.ACCEPT, Reading.DECLINE}, text
    print(f"\n{count:,} random strings: none taken for an answer")


if __name__ == "__main__":
    main()
