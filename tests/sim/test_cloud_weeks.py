"""Three weeks without the internet, and back: what must stay is there, the rest is told."""

import asyncio
import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from agent.bridges.documents.envelopes import Envelopes
from agent.store import Change, Store
from benchmarks.path import path_to
from tests.sim.cloud_house import (
    AGENT,
    DEVICES,
    GARAGE,
    GRID,
    OTHER,
    SENDER,
    JumpClock,
    home,
    judge,
    until,
)
from tests.sim.mosquitto import mosquitto
from tests.sim.store_values import HandClock

pytestmark = [pytest.mark.mosquitto, pytest.mark.timed]

DAYS = 21
SAMPLED_EVERY_MINUTES = 4
EVENTS_A_DAY = 300
WITHIN_S = 20.0
CHARGER = f"state/charger/{device_id(AGENT, GARAGE)}"
BROKER = ("allow_anonymous true", "max_queued_messages 100000")


async def three_weeks(folder: Path, every_minutes: int, **store: Any) -> JumpClock:
    """The same house while nobody is there; returns the clock as it is afterwards."""
    clock = HandClock()
    opened = await Store.open(folder / "hearth.db", clock, **store)
    opened.telemetry.cursors([info.id for info in DEVICES])
    envelopes, rev = Envelopes(SENDER), 0
    for day in range(DAYS):
        for _ in range(EVENTS_A_DAY):
            rev += 1
            kind = "user:charger:updated" if rev % 4 else "user:vendor-action:updated"
            content = {"charger": {"id": OTHER, "number": rev, "padding": f"{rev}" * 20}}
            event = envelopes.event(kind, ("charger", OTHER), rev, clock.now(), content, [])
            event = replace(event, coalesces=bool(rev % 4))
            opened.defer(Change(events=(event,)))
        for minute in range(0, 1440, every_minutes):
            for device, name in ((GARAGE, "power_w"), (GRID, "power_w")):
                opened.record(clock.now(), device, {name: float((minute * 7 + day) % 977)})
            await clock.sleep(60 * every_minutes)
            if minute % 720 == 0:
                await opened.flush()
    await opened._tidy(clock.now())
    await opened.close()
    after = JumpClock()
    after.off = clock.now().at - after.now().at
    return after


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def test_three_weeks_are_sent_in_time_and_live_states_do_not_wait(tmp_path: Path) -> None:
    """Through 50 ms of round trip."""
    clock = await three_weeks(tmp_path, SAMPLED_EVERY_MINUTES)
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            path_to(broker.port, latency_s=0.025) as path,
        ):
            before_mb, began_s = resident_mb(), time.monotonic()
            async with home(tmp_path, path.port, clock=clock) as here:
                assert here.store.outbox.pending >= DAYS * EVENTS_A_DAY
                await cloud.meets(here)
                late_s = []
                for plugged in (False, True):
                    here.box.plugged, said_s = plugged, time.monotonic()
                    await here.box.show()
                    await cloud.shows(
                        CHARGER,
                        lambda d: d["chargeState"]["isPluggedIn"] is plugged,  # noqa: B023
                    )
                    late_s.append(time.monotonic() - said_s)
                    await asyncio.sleep(0.3)
                telemetry, now_s = here.store.telemetry, clock.now().at.timestamp()
                await here.delivered(WITHIN_S)
                while behind(telemetry.cursors([GRID, GARAGE]), now_s) > 120:
                    assert time.monotonic() - began_s < WITHIN_S, "samples take too long"
                    await asyncio.sleep(0.1)
                grown_mb = resident_mb() - before_mb
                found = await cloud.proves(here)
            assert max(late_s) < 5, late_s
            assert grown_mb < 40, "cloud and broker's proxy included"
            assert found["stored"] >= DAYS * EVENTS_A_DAY
            assert found["dropped"] == 0
            samples = found["telemetry"]
            assert (samples["holes"], samples["gaps"]) == (0, 0), samples
            assert samples["samples"] > DAYS * 1440 // SAMPLED_EVERY_MINUTES


def behind(cursors: Any, now_s: float) -> float:
    return float(max(now_s - at for at in cursors.values()))


async def test_what_had_to_go_for_want_of_room_is_told(tmp_path: Path) -> None:
    quota_mb = 1
    clock = await three_weeks(tmp_path, 2, quota_mb=quota_mb, outbox_mb=0.3)
    size_mb = (tmp_path / "hearth.db").stat().st_size / 2**20
    assert size_mb <= quota_mb + 0.1
    with mosquitto(tmp_path, BROKER) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, clock=clock, quota_mb=quota_mb, outbox_mb=0.3) as here,
        ):
            found = await cloud.proves(here)
            found = await cloud.finds(lambda r: r["telemetry"]["gaps"])
            events = await cloud.events()
    assert found["dropped"] > 1000, found
    actions = [e for e in events if e["event"] == "user:vendor-action:updated"]
    assert len(actions) == DAYS * EVENTS_A_DAY // 4, "facts never go"
    assert found["telemetry"]["gapSeconds"] > timedelta(days=1).total_seconds(), found
    assert found["telemetry"]["holes"] == 0


async def test_without_a_wish_for_samples_none_are_kept_longer(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, options={"telemetry_every_s": None}) as here,
        ):
            await here.plug(2)
            await cloud.proves(here)
            now = here.clock.now()
            assert here.store.telemetry.keep_days(now, 7.0) == 7.0
            assert here.store.telemetry.keep_days(now.later(20 * 86_400), 7.0) == 7.0


async def test_samples_are_kept_for_a_cloud_that_was_never_there_since_the_start(
    tmp_path: Path,
) -> None:
    with mosquitto(tmp_path) as broker:
        broker.kill()
        async with home(tmp_path, broker.port) as here:
            await here.box.meter(1.0)
            await until(lambda: {"up"} < set(here.link_states), "it has tried")
            weeks_later = here.clock.now().later(20 * 86_400)
            assert here.store.telemetry.keep_days(weeks_later, 7.0) == pytest.approx(20, abs=0.1)
