"""A world whose bot is several processes on one PostgreSQL, behind a load balancer."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from faults.crashing import HTTP_SECONDS, SETTLE_SECONDS, CrashingWorld
from faults.process import ROOT, BotProcess
from faults.proxy import Proxy
from faults.take_over import TakeOvers
from postgres import fresh_database

from rehearsal import Sandbox
from rehearsal.slack.rates import Limits

WEB, WORKER = "web", "worker"
_WORKS_AS = re.compile(r"jobs are run here as worker (\d+)")


class Cluster(CrashingWorld):
    """Any number of replicas of each role; one that dies is not missed by name."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.proxy = Proxy()
        self.replicas: dict[str, list[BotProcess]] = {WEB: [], WORKER: []}
        self._numbers = itertools.count(1)

    def start(self) -> None:
        """Two of each role, and the way from Slack to them."""
        for role in (WEB, WEB, WORKER, WORKER):
            self._new(role).launch()
        for each in self.all():
            each.wait_until_open()
            each.wait_until_ready()
        self._share()
        self.connect()

    def connect(self) -> None:
        """Let Slack send what it has to whoever is there."""
        if self.socket:
            self.slack.connect_socket(timeout=20)
        else:
            self.slack.connect_http(f"{self.proxy.url}/slack/events")

    def all(self) -> list[BotProcess]:
        """Every replica that was not taken away."""
        return [*self.replicas[WEB], *self.replicas[WORKER]]

    def add(self, role: str, wait: bool = True, version: Path = ROOT) -> BotProcess:
        """One more replica, under a name that none has had before.

        Args:
            version: the folder that the packages `bot` and `handlers` are in.
        """
        replica = self._new(role, version)
        self.begin(replica)
        if wait:
            replica.wait_until_ready()
        return replica

    def _new(self, role: str, version: Path = ROOT) -> BotProcess:
        replica = BotProcess(
            self.policy.parent,
            self._environment(version),
            f"{role}-{next(self._numbers)}",
            self.program(role),
        )
        self.replicas[role].append(replica)
        return replica

    def program(self, role: str) -> list[str]:
        """What Python runs for a replica."""
        return ["-m", "bot", "run", "--role", role]

    def command(self, *words: str, version: Path = ROOT) -> subprocess.CompletedProcess[str]:
        """`python -m bot …`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=self.policy.parent,
            env={"PATH": os.environ["PATH"], **self._environment(version)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def begin(self, replica: BotProcess) -> None:
        """Start a replica that does not run, and send it its share."""
        replica.start()
        self._share()

    def kill(self, replica: BotProcess) -> None:
        """`kill -9`, for good unless it is begun again."""
        replica.kill()
        self._share()

    def kill_at_work(self, worker: BotProcess, seen: TakeOvers, seconds: float) -> bool:
        """Kill a worker while it is at something; False: it had nothing to do for so long."""
        number, end = worker_number(worker), time.monotonic() + seconds
        worker.freeze()  # or it would be done between the look and the kill
        while not (at_work := bool(seen.holds(number))) and time.monotonic() < end:
            worker.thaw()
            time.sleep(0.02)
            worker.freeze()
        self.kill(worker)
        seen.died(number)
        return at_work

    def remove(self, role: str, replica: BotProcess) -> None:
        """Nobody expects it back."""
        self.replicas[role].remove(replica)
        self._share()

    def drain(self, role: str, replica: BotProcess) -> tuple[int, float]:
        """SIGTERM, as a deploy stops what it replaces: exit status, and seconds."""
        self.replicas[role].remove(replica)
        self._share()
        return replica.terminate(15)

    def stop(self) -> None:
        for replica in self.all():
            replica.end()
        self.proxy.close()

    def log(self) -> str:
        """The ends of what all replicas have written."""
        return "\n".join(f"--- {each.name}\n{each.log()[-1500:]}" for each in self.all())

    def _environment(self, version: Path) -> dict[str, str]:
        return {**self.settings, "IMAGE_BOT_WORKER_PORT": "0", "PYTHONPATH": str(version)}

    def _share(self) -> None:
        self.proxy.ports = tuple(each.port for each in self.replicas[WEB] if each.runs)


def worker_number(replica: BotProcess) -> int:
    """The number under which a worker takes wakes from the queue."""
    return int(_WORKS_AS.findall(replica.log())[-1])


Kind = TypeVar("Kind", bound=Cluster)


@contextmanager
def cluster(
    folder: Path,
    policy: str,
    *,
    socket: bool = False,
    action_seconds: float = 0.3,
    limits: Limits | None = None,
    started: bool = True,
    kind: type[Kind] = Cluster,  # type: ignore[assignment]  # what it is where none is given
    **settings: Any,
) -> Iterator[Kind]:
    """Both stand-ins, a PostgreSQL, and two replicas of each role unless they start later."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database())
        sandbox = stack.enter_context(
            Sandbox(action_seconds=action_seconds, seed=1, lifetime=3600, limits=limits)
        )
        given = {
            "DATABASE_URL": url,
            "IMAGE_BOT_HTTP_SECONDS": HTTP_SECONDS,
            "IMAGE_BOT_SETTLE_SECONDS": SETTLE_SECONDS,
        }
        it = kind(sandbox, folder, socket=socket, **(given | settings))
        it.policy.write_text(policy, encoding="utf-8")
        stack.callback(it.stop)
        if started:
            it.start()
        yield it
