"""A worker process for tests to kill: it says which key it begins, and never comes to its end.

Arguments: the database's URL, and the names of its stages.
"""

from __future__ import annotations

import sys
import time

from bot.engine.choose import choose_engine
from bot.store.transaction import open_database


def _hang(key: str) -> None:
    print(f"begun {key}", flush=True)
    time.sleep(3600)


def main() -> None:
    url, *stages = sys.argv[1:]
    engine = choose_engine(open_database(url), time.time)
    engine.start(dict.fromkeys(stages, _hang))
    print("up", flush=True)
    time.sleep(3600)


main()
