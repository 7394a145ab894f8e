"""One background thread with its own event loop, and a blocking way in from any thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs the stand-ins; everything they know is changed on this thread alone.

    That is what makes the façade safe to use from many threads without a lock.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._stopped = threading.Event()

    def start(self) -> None:
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive() and not self._stopped.is_set()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float = 30.0) -> T:
        """Run `coroutine` on the loop and wait for what it returns.

        Raises:
            TimeoutError: it took longer than `timeout` seconds; it is cancelled then.
            RuntimeError: the sandbox has stopped.
        """
        if not self.running:
            coroutine.close()
            raise RuntimeError("the sandbox has stopped")
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise
        except CancelledError:
            raise RuntimeError("the sandbox stopped meanwhile") from None

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run a quick, synchronous `function` on the loop's thread and wait for its value.

        After the stop, and on the loop's thread itself, it runs right here: what the
        stand-ins knew can still be read when a test has failed.
        """
        if not self.running or threading.current_thread() is self._thread:
            return function(*args)
        future: Future[T] = Future()
        with contextlib.suppress(RuntimeError):  # the loop closed between the two lines
            self.loop.call_soon_threadsafe(_fill, future, function, args)
        while not future.done():
            with contextlib.suppress(TimeoutError):
                return future.result(0.5)
            if not self.running:
                return function(*args)
        return future.result()

    def stop(self) -> None:
        """Stop the loop; safe to call twice, and from the loop's own thread."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(5.0)

    def _main(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self._stopped.set()
            self._cancel_all()
            self.loop.close()

    def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def _fill(future: Future[T], function: Callable[..., T], args: tuple[Any, ...]) -> None:
    try:
        future.set_result(function(*args))
    except Exception as error:  # noqa: BLE001 - handed to the caller's thread, where it belongs
        future.set_exception(error)
