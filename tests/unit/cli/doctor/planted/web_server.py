"""`doctor`, the web server: planted faults."""

from __future__ import annotations

import socket

from unit.cli.doctor.patient import Patient, Planted, Warned


def _taken(patient: Patient) -> socket.socket:
    """Something else listens at the bot's port; it is held as long as the patient."""
    other = socket.create_server(("127.0.0.1", 0))
    other.settimeout(0.1)
    patient.set(PORT=str(other.getsockname()[1]))
    patient.held = other
    return other


PLANTED: dict[str, Planted] = {
    "its port is taken": (_taken, "web server", "something else listens there", "another PORT"),
    "its host is another machine": (
        lambda p: p.set(HOST="192.0.2.7"),
        "web server",
        "nothing can listen there: HOST=192.0.2.7",
        "an address of this machine",
    ),
    "its host is a name that there is not": (
        lambda p: p.set(HOST="bot.invalid"),
        "web server",
        "nothing can listen there: HOST=bot.invalid",
        "an address of this machine",
    ),
}


WARNED: dict[str, Warned] = {}
