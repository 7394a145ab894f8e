"""The background thread: values, exceptions and time limits cross it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from rehearsal.thread import LoopThread


@pytest.fixture
def thread():
    running = LoopThread("sandbox-test")
    running.start()
    yield running
    running.stop()


async def _return(value):
    return value


async def _raise():
    raise KeyError("x")


def test_coroutines_run_there_and_answer_here(thread):
    assert thread.run(_return(7)) == 7
    with pytest.raises(KeyError):
        thread.run(_raise())
    with pytest.raises(TimeoutError):
        thread.run(asyncio.sleep(10), timeout=0.05)


def test_functions_run_there_too(thread):
    assert thread.call(threading.current_thread).name == "sandbox-test"
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0)


def test_a_function_called_on_the_thread_itself_runs_at_once(thread):
    assert thread.call(lambda: thread.call(lambda: 7)) == 7


def test_after_the_stop_functions_run_here_and_coroutines_nowhere(thread):
    thread.stop()
    thread.stop()
    assert thread.call(threading.current_thread) is threading.current_thread()
    with pytest.raises(RuntimeError, match="stopped"):
        thread.run(_return(7))


def test_stopping_releases_whoever_waits(thread):
    errors = []

    def wait() -> None:
        try:
            thread.run(asyncio.sleep(30))
        except RuntimeError as error:
            errors.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    thread.call(lambda: None)
    thread.stop()
    waiting.join(30)
    assert errors == ["the sandbox stopped meanwhile"]
