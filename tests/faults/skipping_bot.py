"""`python -m bot run`, living by a clock that a file moves forward: seconds to add, as text.

python skipping_bot.py FILE [ROLE]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bot.app import Bot, Role
from bot.config import read_settings
from bot.observability.logs import set_up_logs


def main(skipped: Path, role: str = "all") -> None:
    """Run until killed."""
    settings = read_settings()
    set_up_logs(settings.log_format, secrets=settings.secrets())
    bot = Bot(settings, lambda: time.time() + float(skipped.read_text("utf-8")), Role(role))
    bot.start()
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
