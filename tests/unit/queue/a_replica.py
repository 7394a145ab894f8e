"""A worker process for tests to kill: it says which key it begins, and is slow to end.

Arguments: the database's URL, how many seconds a stage takes, and the names of its stages.
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
    url, seconds, *stages = sys.argv[1:]

    def slowly(key: str) -> None:
        _say(f"begun {key}")
        time.sleep(float(seconds))

    engine = choose_engine(open_database(url), time.time)
    engine.start(dict.fromkeys(stages, slowly))
    _say("up")
    time.sleep(3600)


main()
