"""hearth restore"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from agent.config import ConfigError, load
from agent.store import StoreError
from agent.store.migrations import LATEST
from agent.store.restore import Restored
from agent.store.restore import restore as put_back


def restore(config: Path, source: Path) -> int:
    """Put a backup in the place of the database; returns the exit code."""
    try:
        settings = load(config)
        done = put_back(source.absolute(), settings.store.path, datetime.now(UTC))
    except (ConfigError, StoreError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(_told(source, settings.store.path, done)))
    return 0


def _told(source: Path, path: Path, done: Restored) -> list[str]:
    lines = [f"{path} is now what {source} holds"]
    if done.last_at is not None:
        lines.append(f"  it ends at {done.last_at:%Y-%m-%d %H:%M} UTC")
    if done.version < LATEST:
        lines.append(f"  it was brought from schema {done.version} to {LATEST}")
    if done.aside is not None:
        lines.append(f"  the replaced one is kept as {done.aside.name}; delete it when you like")
    return lines
