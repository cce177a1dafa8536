"""A store under load that says what was acknowledged, to be killed at any moment.

Usage: python -m tests.sim.store_child DATABASE FIRST_SAMPLE. Lines: `ready`; `action ID`,
`start ID`, `stop ID`, `note PID N` once the store has acknowledged; `sample N` at once;
`event SEQ ID` when an event is shown, `ack SEQ` before it is acked. All but the first end with two
instants, in monotonic seconds: when the matter began (0 = nobody took note) and when this was said.
"""

import asyncio
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from agent.model.actions import ActionState
from agent.model.clock import Now
from agent.model.readings import DeviceId
from agent.store import Change, Store
from tests.sim.store_values import NOON, ROOF, action, event

COMMIT_EVERY_S = 0.1


class RealClock:
    def now(self) -> Now:
        return Now(at=datetime.now(UTC), mono_s=time.monotonic())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def say(line: str, began_mono_s: float = 0.0) -> None:
    os.write(1, f"{line} {began_mono_s} {time.monotonic()}\n".encode())


def say_kept(store: Store, line: str, began_mono_s: float) -> None:
    """Say that something is on disk, unless the store calls that into question: transactions and
    notes go on in memory while a disk fails."""
    if store.problem is None:
        say(line, began_mono_s)


async def act(store: Store, device: DeviceId) -> None:
    """Replace one action by the next, for ever."""
    old = [a for a in (await store.load()).pending if a.device == device]
    while True:
        new = action(str(uuid4()), device)
        done = tuple(replace(a, state=ActionState.CONFIRMED, completed_at=NOON) for a in old)
        told = replace(event(1, new.id, coalesces=False), id=new.id, body=new.id.encode())
        change = Change(actions=(*done, new), memory=new.id.encode(), events=(told,))
        began_mono_s = time.monotonic()
        await store.save(change)
        say(f"action {new.id}", began_mono_s)
        old = [new]


async def charge(store: Store, charger: DeviceId) -> None:
    book = store.transactions
    while True:
        began_mono_s = time.monotonic()
        begun = await book.open_transaction(
            charger=charger, id_tag="tag", started_at=datetime.now(UTC), meter_start_wh=1.0
        )
        say_kept(store, f"start {begun.id}", began_mono_s)
        await asyncio.sleep(0.005)
        began_mono_s = time.monotonic()
        ended = await book.close_transaction(
            charger=charger,
            transaction_id=begun.id,
            stopped_at=datetime.now(UTC),
            meter_stop_wh=2.0,
            reason="Local",
        )
        say_kept(store, f"stop {ended.id}", began_mono_s)


async def send(store: Store) -> None:
    """Show every event that is on disk, and ack most of them some time later."""
    shown = store.outbox.acked_seq
    async for last in store.outbox.news.changes():
        while shown < last:
            for row in await store.outbox.page(shown, limit=20):
                say(f"event {row.seq} {row.body.decode()}")
                shown = row.seq
        say(f"ack {shown - 5}")
        await store.outbox.ack(shown - 5)
        await asyncio.sleep(0.01)


async def note(store: Store) -> None:
    number = 0
    while True:
        number += 1
        began_mono_s = time.monotonic()
        await store.notebook.write_note("child", "number", {"n": number, "pid": os.getpid()})
        say_kept(store, f"note {os.getpid()} {number}", began_mono_s)
        await asyncio.sleep(0.01)


async def measure(store: Store, number: int) -> None:
    while True:
        now = Now(at=NOON + timedelta(seconds=number), mono_s=time.monotonic())
        store.record(now, ROOF, {"power_w": float(number)})
        say(f"sample {number}", now.mono_s)
        number += 1
        await asyncio.sleep(0.005)


async def main(path: Path, first_sample: int) -> None:
    store = await Store.open(path, RealClock(), commit_every_s=COMMIT_EVERY_S)
    os.write(1, b"ready\n")
    async with asyncio.TaskGroup() as group:
        group.create_task(store.run())
        for name in ("garage", "yard", "barn"):
            group.create_task(act(store, DeviceId(name)))
            group.create_task(charge(store, DeviceId(name)))
        group.create_task(note(store))
        group.create_task(send(store))
        group.create_task(measure(store, first_sample))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
