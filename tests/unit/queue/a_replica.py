"""A worker process for tests to kill: it says which key it begins, and is slow to end.

Arguments: the database's URL, how many seconds a job takes, and the names of its jobs.
"""

from __future__ import annotations

import sys
import time

from bot.queue.choose import choose_engine
from bot.store.database import open_database


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    url, seconds, *jobs = sys.argv[1:]

    def slowly(key: str) -> None:
        _say(f"begun {key}")
        time.sleep(float(seconds))

    engine = choose_engine(open_database(url), time.time)
    engine.start(dict.fromkeys(jobs, slowly))
    _say("up")
    time.sleep(3600)


main()
