"""The bot as what it is in production: a process of its own, which can be killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0
"""A start takes about two seconds; several at once on a busy machine take far longer."""


class BotProcess:
    """`python -m bot run`, started, killed and started again with the same settings.

    Args:
        folder: where it runs and logs; no `.env` of anybody's is there.
        settings: its environment, by setting name. `PORT=0`: it takes a free port.
        name: of its log.
        run: what Python runs.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        name: str = "bot",
        run: Sequence[str] = ("-m", "bot", "run"),
    ) -> None:
        self.name = name
        self._folder = folder
        self._log = folder / f"{name}.log"
        self._run = run
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "IMAGE_BOT_LOG_FORMAT": "text",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._before = 0
        self.port = 0
        self.kills = 0

    @property
    def pid(self) -> int:
        """The number of the running process."""
        assert self._process is not None, "the bot does not run"
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether a process is there and has not ended."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """All that it has written, over every start."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start it, and wait until its port is open."""
        self.launch()
        self.wait_until_open()

    def launch(self) -> None:
        """Start it, and do not wait."""
        assert not self.runs, "the bot runs already"
        self._before = len(self.log())
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._run],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_open(self) -> None:
        """Wait until its port is open."""
        end = time.monotonic() + START_SECONDS
        while not (found := _LISTENING.search(self.log(), self._before)):
            assert self.runs, f"the bot ended while it started:\n{self.log()[-3000:]}"
            assert time.monotonic() < end, f"the bot did not start:\n{self.log()[-3000:]}"
            time.sleep(0.02)
        self.port = int(found[1])

    def wait_until_ready(self) -> None:
        """Wait for `/readyz`."""
        end = time.monotonic() + START_SECONDS
        while self.ready() != 200:
            assert self.runs, f"the bot ended:\n{self.log()[-3000:]}"
            assert time.monotonic() < end, f"the bot is not ready:\n{self.log()[-3000:]}"
            time.sleep(0.05)

    def ready(self) -> int:
        """The status of `/readyz`; 0: no answer."""
        try:
            address = f"http://127.0.0.1:{self.port}/readyz"
            with urllib.request.urlopen(address, timeout=5) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def metric(self, name: str) -> float:
        """The sum of a metric's samples whose line begins so."""
        address = f"http://127.0.0.1:{self.port}/metrics"
        with urllib.request.urlopen(address, timeout=10) as reply:
            lines = reply.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    def kill(self) -> None:
        """`kill -9`: nothing is finished, nothing is handed back."""
        assert self.runs, f"the bot had ended by itself:\n{self.log()[-3000:]}"
        os.kill(self.pid, signal.SIGKILL)
        self._wait(10)
        self.kills += 1

    def freeze(self) -> None:
        """SIGSTOP: it stands still, with all it holds, until `thaw`."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on as if nothing had been."""
        os.kill(self.pid, signal.SIGCONT)

    def terminate(self, seconds: float) -> tuple[int, float]:
        """SIGTERM; its exit status, and the seconds that it took (at most `seconds`)."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        return self._wait(seconds), time.monotonic() - began

    def end(self) -> None:
        """Be sure that it does not run any more."""
        if self.runs:
            os.kill(self.pid, signal.SIGKILL)
            self._wait(10)

    def _wait(self, seconds: float) -> int:
        assert self._process is not None
        return self._process.wait(seconds)


_LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
