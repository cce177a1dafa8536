"""A gateway without a battery-backed clock: the wall clock starts in 1970 and then jumps about.

Control, ledger, counters and the store run as they do in the daemon; the house runs a hundred
times as fast as the wall, and its wall clock is moved by hand.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from agent.bridges.status import document
from agent.clock import CLOCK_SET_AFTER
from agent.control import Control
from agent.control.books import HOUSE
from agent.house import House
from agent.model.actions import Action, ActionState, FailureType
from agent.model.clock import Now
from agent.model.driver import DeviceInfo, Report
from agent.model.intents import BatteryModeChoice
from agent.model.picture import Picture
from agent.model.readings import BatteryMode, DeviceId
from agent.model.targets import ChargerTarget, Target
from agent.store import Store
from agent.supervise import keep_running
from tests.sim.modbus_fault_server import FaultServer
from tests.sim.modbus_helpers import METER, drivers
from tests.sim.modbus_helpers import House as Readers
from tests.sim.modbus_helpers import running as running_driver
from tests.unit.house import (
    DEVICES,
    GARAGE,
    GRID,
    SETTINGS,
    STORE,
    battery,
    charging,
    grid,
    roof,
    wishes,
)

pytestmark = pytest.mark.timed

SPEED = 100.0
MONO_S, METER_WH = 1000.0, 812_000.0  # at the start
WINDOW_S = 120.0  # of a battery's Action
LOAD_W = 3600.0  # 1 Wh a second
PATIENCE_S = 10.0
NEVER_SET = datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)
YEARS_26 = timedelta(days=9496)
DST_ENDS = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # in all of Europe
SYNCHRONISED = DST_ENDS - timedelta(seconds=50)
JUMPS = {
    "26 years": YEARS_26,
    "the network time": SYNCHRONISED - NEVER_SET - YEARS_26,
    "an hour back": -timedelta(hours=1),
    "an hour ahead": timedelta(hours=1),
    "6 months": timedelta(days=182),
    "6 months back": -timedelta(days=182),
}


class LooseClock:
    """The wall clock is moved by hand, the monotonic one never is."""

    def __init__(self, at: datetime = NEVER_SET, speed: float = SPEED) -> None:
        self.speed, self.began_s, self.wall = speed, time.monotonic(), at

    def now(self) -> Now:
        passed_s = (time.monotonic() - self.began_s) * self.speed
        at = self.wall + timedelta(seconds=passed_s)
        return Now(at=at, mono_s=MONO_S + passed_s, trusted=at >= CLOCK_SET_AFTER)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


@dataclass
class Devices:
    """A driver of all devices: the car charges as told, the battery ignores every command."""

    clock: LooseClock
    name: str = "bench"
    devices: Sequence[DeviceInfo] = DEVICES
    limit_a: float = 0.0
    import_wh: float = METER_WH
    glitch_wh: float = 0.0
    to_battery: list[float] = field(default_factory=list)

    async def run(self, report: Report) -> None:
        """Every 5 s all of them say how they are."""
        before = self.clock.now()
        while True:
            now, cars_w = self.clock.now(), self.limit_a * 690.0
            self.import_wh += (LOAD_W + cars_w) * (now.mono_s - before.mono_s) / 3600
            before = now
            wh = self.import_wh + self.glitch_wh
            await report(grid(LOAD_W + cars_w, now, import_wh=wh))
            await report(replace(charging(self.limit_a, now), max_current_a=self.limit_a))
            await report(roof(0.0, now))
            await report(battery(now, power_w=0.0, operation_mode=BatteryMode.SELF_RELIANCE))
            await self.clock.sleep(5.0)

    async def send(self, target: Target) -> None:
        if isinstance(target, ChargerTarget):
            self.limit_a = target.max_current_a or 0.0
        else:
            self.to_battery.append(self.clock.now().mono_s)

    async def make_safe(self) -> None:
        """Nothing is at risk."""


@dataclass
class Home:
    clock: LooseClock
    control: Control
    devices: Devices
    store: Store
    pictures: list[Picture] = field(default_factory=list)
    longest_stall_s: float = 0.0

    async def watch(self) -> None:
        async for picture in self.control.pictures.changes():
            self.pictures.append(picture)

    async def time_the_loop(self) -> None:
        while True:
            before_s = time.monotonic()
            await asyncio.sleep(0.01)
            self.longest_stall_s = max(self.longest_stall_s, time.monotonic() - before_s)

    async def until(self, true: Callable[[Picture], object]) -> Picture:
        async with asyncio.timeout(PATIENCE_S):
            async for picture in self.control.pictures.changes():
                if true(picture):
                    return picture
        raise AssertionError

    async def jump(self, by: timedelta) -> Picture:
        """Move the wall clock, and let the house live on for half a minute."""
        mono_s = self.clock.now().mono_s
        self.clock.wall += by
        return await self.until(lambda p: p.now.mono_s > mono_s + 30.0)


@asynccontextmanager
async def home(folder: Path) -> AsyncIterator[Home]:
    clock, house = LooseClock(), House()
    store = await Store.open(folder / "hearth.db", clock, commit_every_s=60)
    devices = Devices(clock)
    control = Control(
        house=house,
        store=store,
        clock=clock,
        settings=SETTINGS,
        wishes=wishes(),
        drivers=dict.fromkeys((GARAGE, STORE), devices),
        persisted=await store.load(),
    )
    here = Home(clock, control, devices, store)
    jobs = [
        store.run,
        control.run,
        control.heartbeat,
        control.write,
        here.watch,
        here.time_the_loop,
    ]
    jobs += [lambda: devices.run(house.report), lambda: control.bookkeeper.sample(house)]
    jobs += [control.bookkeeper.keep]
    jobs += [lambda o=o: keep_running(o.name, o.run) for o in control.outlets.values()]  # type: ignore[misc]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_job(job)) for job in jobs]
        try:
            yield here
        finally:
            for task in tasks:
                task.cancel()
    await store.close()


async def _job(job: Callable[[], object]) -> None:
    await job()  # type: ignore[misc]


async def test_the_house_lives_on_through_every_jump(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with home(tmp_path) as h:
        began = await h.until(lambda p: h.devices.limit_a and (GRID, "import_wh") in p.counters_wh)
        assert document(began)["clockTrusted"] is False
        for name, by in JUMPS.items():
            picture = await h.jump(by)
            assert document(picture)["clockTrusted"] is (name != "26 years"), name
            assert document(picture)["totals"]["load"] == LOAD_W / 1000, name
        ended = h.pictures[-1]
        fed_wh = h.devices.import_wh - METER_WH
    assert h.longest_stall_s < 1.0
    lived_s = ended.now.mono_s - MONO_S
    ticks = [p.now.mono_s for p in h.pictures]
    assert max(b - a for a, b in pairwise(ticks)) < 1.0 * SPEED
    assert {s.charger: s.id for s in began.sessions.values()} == {
        s.charger: s.id for s in ended.sessions.values()
    }
    assert {t.max_current_a for p in h.pictures for t in targets_of_the_car(p)} == {16.0}
    check_counter(h.pictures, (GRID, "import_wh"), fed_wh)
    check_counter(h.pictures, (HOUSE, "load_wh"), LOAD_W * lived_s / 3600)
    assert [r.message for r in caplog.records if r.levelname in {"WARNING", "ERROR"}] == []


def targets_of_the_car(picture: Picture) -> list[ChargerTarget]:
    return [t for t in picture.targets.values() if isinstance(t, ChargerTarget)]


def check_counter(pictures: list[Picture], key: tuple[DeviceId, str], most_wh: float) -> None:
    """It was shown, grew, never fell, and never by more than what flowed."""
    shown = [p.counters_wh[key] for p in pictures if key in p.counters_wh]
    assert shown == sorted(shown)
    assert 0 < shown[-1] - shown[0] <= most_wh + 1.0


async def test_an_action_has_its_two_minutes_whatever_the_wall_says(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.until(lambda p: STORE in p.snapshot)
        asked_mono_s = h.clock.now().mono_s
        await h.control.submit(BatteryModeChoice(device=STORE, mode=BatteryMode.IDLE))
        for by in (YEARS_26, JUMPS["the network time"], -timedelta(hours=1)):
            picture = await h.jump(by)
            assert [a.state for a in picture.actions] == [ActionState.PENDING]
        failed = await h.until(lambda p: not all(a.pending for a in p.actions))
        took_s = failed.now.mono_s - asked_mono_s
    (action,) = failed.actions
    assert isinstance(action, Action)
    assert action.failure is not None
    assert action.failure.type is FailureType.NO_RESPONSE
    assert WINDOW_S <= took_s < WINDOW_S + 0.5 * SPEED
    assert h.devices.to_battery, "the battery was never asked"


async def test_a_glitch_of_a_meter_in_the_instant_of_a_jump_is_not_counted(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.until(lambda p: (GRID, "import_wh") in p.counters_wh)
        h.devices.glitch_wh = 5_000_000.0
        picture = await h.jump(YEARS_26)
        h.devices.glitch_wh = 0.0
        picture = await h.jump(JUMPS["the network time"])
        assert picture.counters_wh[GRID, "import_wh"] < 813_000.0


async def test_samples_from_before_the_clock_was_set_are_kept_with_the_right_time(
    tmp_path: Path,
) -> None:
    async with home(tmp_path) as h:
        await h.until(lambda p: GRID in p.snapshot)
        began_mono_s = h.clock.now().mono_s
        for by in (YEARS_26, JUMPS["the network time"], timedelta(days=182), -timedelta(days=182)):
            await h.jump(by)
            await h.store.flush()
            await h.store._tidy(h.clock.now())
        now = h.clock.now()
        began = now.later(began_mono_s - now.mono_s).at
        await h.store.flush()
        rows = await h.store.raw(GRID, "import_wh", NEVER_SET, now.at + timedelta(days=400))
    # One sample may already have been taken under the wrong, but trusted, date.
    here = [at for at, value in rows if value is not None and at <= now.at]
    assert len(here) >= 6
    assert min(here) >= began - timedelta(seconds=2)
    assert h.store.samples_dropped == 0


async def test_polls_keep_their_rhythm_through_every_jump() -> None:
    clock = LooseClock(speed=20.0)
    async with FaultServer() as server:
        (driver,) = drivers(clock=clock, grid={**METER, "port": server.port})
        readers = Readers()
        async with running_driver(driver, readers):
            for by in JUMPS.values():
                seen = len(readers.readings)
                clock.wall += by
                async with asyncio.timeout(PATIENCE_S):
                    while len(readers.readings) < seen + 8:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
        polls = [r.mono_s for r in readers.readings]
        assert max(b - a for a, b in pairwise(polls)) < 3 * (driver.devices[0].poll_s or 0.0)
