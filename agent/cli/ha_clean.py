"""hearth ha-clean"""

import asyncio
import sys
from pathlib import Path

from agent.assembly import brokers
from agent.bridges.home_assistant import clean
from agent.clock import SystemClock
from agent.config import ConfigError, Settings, load
from agent.model.driver import LinkDown
from agent.store import Store, StoreError


def ha_clean(config: Path) -> int:
    """Clear every retained message of ours; returns the exit code."""
    try:
        settings = load(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    if settings.mqtt is None:
        print(f"{config} has no mqtt section: nothing was ever sent", file=sys.stderr)
        return 1
    try:
        count = asyncio.run(_clean(settings))
    except StoreError as error:
        print(f"{error}\nStop Hearth first: it would publish everything again.", file=sys.stderr)
        return 1
    except LinkDown as error:
        print(error, file=sys.stderr)
        return 3
    print(f"removed {count} retained messages from the broker")
    return 0


async def _clean(settings: Settings) -> int:
    store = await Store.open(settings.store.path, SystemClock())
    try:
        return await clean(brokers.broker_of(settings), settings.house.id, store.notebook)
    finally:
        await store.close()
