"""Forecasts from a real database: two weeks of samples, and a loop that goes on meanwhile."""

import asyncio
import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.forecasts import Place
from agent.forecasts.quarters import quarter_of
from agent.forecasts.solar import ClearSky
from agent.model.clock import Now
from agent.model.forecasts import Forecasts
from agent.model.readings import DeviceId
from agent.services.forecasts import ForecastJob, Home
from agent.store import Store
from agent.watched import Watched

BERLIN = Place(latitude_deg=52.52, longitude_deg=13.41)
START = datetime(2026, 6, 1, tzinfo=UTC)
DAYS, HOUSE = 14, DeviceId("house")
STEP_S = 300.0


@dataclass
class HandClock:
    """House time that a test moves by hand."""

    mono_s: float = 0.0

    def now(self) -> Now:
        return Now(at=START + timedelta(seconds=self.mono_s), mono_s=self.mono_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def lived(store: Store, clock: HandClock) -> None:
    """Two weeks, of which one afternoon is unknown."""
    sky = ClearSky(BERLIN)
    for step in range(int(DAYS * 86_400 / STEP_S)):
        clock.mono_s = step * STEP_S
        now = clock.now()
        values: dict[str, float | None] = {
            "load_w": 400.0 + 200.0 * math.sin(step * STEP_S / 86_400 * 2 * math.pi),
            "production_w": 5 * sky(quarter_of(now.at)),
        }
        if now.at.day == 7 and now.at.hour >= 14:
            values = dict.fromkeys(values)
        store.record(now, HOUSE, values)
        if step % 100 == 0:
            await store.flush()
    await store.flush()


def test_forecasts_come_from_what_the_store_has_while_the_loop_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        clock, forecasts = HandClock(), Watched(Forecasts())
        store = await Store.open(tmp_path / "hearth.db", clock, quota_mb=64)
        try:
            await lived(store, clock)
            home = Home(timezone="Europe/Berlin", place=BERLIN)
            job = ForecastJob(
                home=home,
                store=store,
                notebook=store.notebook,
                clock=clock,
                forecasts=forecasts,
            )
            await job.once()  # from now on hardly anything must be read
            whole_s, on_loop_s = time.process_time(), time.thread_time()
            await job.once()
            whole_s, on_loop_s = time.process_time() - whole_s, time.thread_time() - on_loop_s
            # Processor time, since a busy machine stretches every other.
            assert on_loop_s < whole_s / 2
        finally:
            await store.close()
        value, noon = forecasts.value, 11 * 4
        assert value.load is not None
        assert value.sun is not None
        assert value.load.mean_w[noon] == pytest.approx(400 + 200 * math.sin(2.9), abs=40)
        expected_w = 5 * ClearSky(BERLIN)(quarter_of(value.sun.start) + noon)
        assert value.sun.mean_w[noon] == pytest.approx(expected_w, rel=0.05)
        assert value.sun.start == START + timedelta(days=DAYS) - timedelta(seconds=900)

    asyncio.run(main())
