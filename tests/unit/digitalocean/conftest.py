import socket

import pytest

from bot.digitalocean import Client

from .server import TOKEN


@pytest.fixture
def clients():
    """Make clients with a short time limit; all are closed at the end."""
    made = []

    def make(endpoint, token=TOKEN, **options):
        options = {"timeout": 5.0, "connect_timeout": 1.0, **options}
        made.append(Client(token=token, endpoint=endpoint, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def refusing():
    """An endpoint on which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        # Bound and not listening: nobody else can take the port, and connecting is refused.
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"
