"""hearth backup"""

import asyncio
import sys
from pathlib import Path

from agent.cli.ask import NotRunning, ask
from agent.clock import SystemClock
from agent.config import ConfigError, Settings, load
from agent.store import Store, StoreError


def backup(config: Path, to: Path) -> int:
    """Copy the database; the daemon does it where one runs, since one process owns the file."""
    try:
        settings = load(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    to = to.absolute()
    try:
        answer = ask(settings.socket_path, {"ask": "backup", "to": str(to)})
    except NotRunning:
        answer = asyncio.run(_alone(settings, to))
    if "problem" in answer:
        print(answer["problem"], file=sys.stderr)
        return 1
    print(f"copied to {to}")
    return 0


async def _alone(settings: Settings, to: Path) -> dict[str, object]:
    if not settings.store.path.exists():
        return {"problem": f"there is no database at {settings.store.path}"}
    try:
        store = await Store.open(settings.store.path, SystemClock())
        try:
            await store.backup(to)
        finally:
            await store.close()
    except StoreError as error:
        return {"problem": str(error)}
    return {"ok": True}
