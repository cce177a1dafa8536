"""How Hearth logs: one line per change, in words that an installer understands."""

import logging
import os
import sys

_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}


class _JournalFormatter(logging.Formatter):
    """For systemd's journal, which stamps by itself and reads <N> as the priority."""

    def format(self, record: logging.LogRecord) -> str:
        priority = _PRIORITIES.get(record.levelno, 2)
        return f"<{priority}>{super().format(record)}"


def set_up(level: str, *, verbose: bool) -> None:
    """Log to standard error.

    Args:
        level: debug, info, warning or error.
        verbose: frames too; overrides `level`.
    """
    handler = logging.StreamHandler(sys.stderr)
    if "JOURNAL_STREAM" in os.environ:
        handler.setFormatter(_JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S")
        )
    logging.basicConfig(
        level=logging.DEBUG if verbose else level.upper(), handlers=[handler], force=True
    )
    # Libraries repeat what we say in our own words, at every attempt.
    for name in ("pymodbus", "websockets", "asyncio", "aiosqlite", "ocpp"):
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("pymodbus", "websockets", "mqtt"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
