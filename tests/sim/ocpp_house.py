"""What a listener needs around it: a clock, a book, a notebook and somebody to report to."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agent.model.clock import Now
from agent.model.driver import Transaction
from agent.model.readings import ChargerReading, DeviceId, LinkReading, Reading
from agent.model.snapshot import Seen, fold
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from drivers.ocpp.calls import Pacing
from drivers.ocpp.config import ChargerConfig, OcppConfig
from drivers.ocpp.listener import OcppListener
from tests.notebook import Notebook

PATIENCE_S = 3.0
QUICK = Pacing(settle_s=0.02, backstop_s=0.1, answer_s=0.15, quiet_s=0.3)
GARAGE = DeviceId("garage")
REASON = Reason(code=ReasonCode.MANUAL_START, sentence="somebody wants it")


class WallClock:
    """The machine's clocks; `speed` makes pauses of the house shorter."""

    def __init__(self, speed: float = 20.0) -> None:
        self.speed = speed
        self.ahead_s = 0.0

    def now(self) -> Now:
        now = Now(at=datetime.now(UTC), mono_s=time.monotonic())
        return now.later(self.ahead_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


@dataclass
class Book:
    """Transactions in memory, with the rules of the real one."""

    rows: dict[int, Transaction] = field(default_factory=dict)
    opening_s: float = 0.0

    async def open_transaction(
        self, *, charger: DeviceId, id_tag: str, started_at: datetime, meter_start_wh: float | None
    ) -> Transaction:
        await asyncio.sleep(self.opening_s)
        for row in self.rows.values():
            same = (row.charger, row.id_tag, row.started_at, row.meter_start_wh)
            if same == (charger, id_tag, started_at, meter_start_wh):
                return row
        row = Transaction(
            id=max(self.rows, default=100) + 1,
            charger=charger,
            id_tag=id_tag,
            started_at=started_at,
            meter_start_wh=meter_start_wh,
        )
        self.rows[row.id] = row
        return row

    async def close_transaction(
        self,
        *,
        charger: DeviceId,
        transaction_id: int,
        stopped_at: datetime,
        meter_stop_wh: float | None,
        reason: str | None,
        reconstructed: bool = False,
    ) -> Transaction:
        row = self.rows.get(transaction_id) or Transaction(
            id=transaction_id,
            charger=charger,
            id_tag="",
            started_at=stopped_at,
            meter_start_wh=None,
        )
        self.rows[transaction_id] = replace(
            row,
            stopped_at=stopped_at,
            meter_stop_wh=meter_stop_wh,
            stop_reason=reason,
            reconstructed=reconstructed,
        )
        return self.rows[transaction_id]

    async def open_transactions(self) -> Sequence[Transaction]:
        return [row for row in self.rows.values() if row.stopped_at is None]


class House:
    """Folds Readings and lets tests wait for what they expect."""

    def __init__(self) -> None:
        self.seen: dict[DeviceId, Seen[Reading]] = {}
        self.all: list[Reading] = []
        self._news = asyncio.Event()

    async def report(self, reading: Reading) -> None:
        self.all.append(reading)
        self.seen[reading.device] = fold(self.seen.get(reading.device), reading)
        self._news.set()

    @property
    def garage(self) -> ChargerReading:
        value = self.seen[GARAGE].value
        assert isinstance(value, ChargerReading)
        return value

    @property
    def pending(self) -> tuple[str, ...]:
        link = self.seen.get(DeviceId("ocpp"))
        value = None if link is None else link.value
        return (value.pending_approval or ()) if isinstance(value, LinkReading) else ()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._news.clear()
                await self._news.wait()


@dataclass
class Site:
    """A running listener with its surroundings."""

    listener: OcppListener
    house: House
    book: Book
    notes: Notebook
    clock: WallClock

    @property
    def port(self) -> int:
        assert self.listener.port is not None
        return self.listener.port


@asynccontextmanager
async def site(
    chargers: Mapping[str, ChargerConfig] | None = None,
    *,
    book: Book | None = None,
    notes: Notebook | None = None,
    pacing: Pacing = QUICK,
    speed: float = 20.0,
    **config: Any,
) -> AsyncIterator[Site]:
    chargers = chargers or {"garage": ChargerConfig(identity="CP1")}
    book, notes, house, clock = book or Book(), notes or Notebook(), House(), WallClock(speed)
    listener = OcppListener(
        OcppConfig(**{"listen": "127.0.0.1", "port": 0, **config}),
        chargers,
        clock,
        book,
        notes,
        pacing=pacing,
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(listener.run(house.report))
        async with asyncio.timeout(PATIENCE_S):
            while listener.port is None:  # noqa: ASYNC110 (it tells nobody)
                await asyncio.sleep(0.001)
        try:
            yield Site(listener=listener, house=house, book=book, notes=notes, clock=clock)
        finally:
            running.cancel()


def charge(max_current_a: float | None = None, code: ReasonCode | None = None) -> ChargerTarget:
    reason = REASON if code is None else replace(REASON, code=code)
    return ChargerTarget(
        device=GARAGE,
        charging=True,
        max_current_a=max_current_a,
        owner=Owner.MANUAL,
        reason=reason,
    )


def pause(*, hard_stop: bool = False) -> ChargerTarget:
    return ChargerTarget(
        device=GARAGE, charging=False, hard_stop=hard_stop, owner=Owner.MANUAL, reason=REASON
    )
