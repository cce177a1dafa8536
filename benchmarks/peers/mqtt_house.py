"""Hearth's bridge, control and database around a charger that writes down its commands.

    python -m benchmarks.peers.mqtt_house BROKER_PORT FOLDER

Prints {"up": true}, and for each command that reaches the driver {"limit_a": ..., "at_s": ...},
the instant on the machine's monotonic clock.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from agent.bridges.home_assistant import HomeAssistant
from agent.bridges.mqtt import Broker
from agent.clock import SystemClock
from agent.control import Control
from agent.house import House
from agent.model.driver import DeviceInfo, Report
from agent.model.intents import ChargerMode
from agent.model.readings import ChargerReading, DeviceId, DeviceKind, PowerDelivery
from agent.model.targets import ChargerTarget, Target
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.store import Store

GARAGE = DeviceId("garage")
INFO = DeviceInfo(id=GARAGE, kind=DeviceKind.CHARGER, name="Garage", driver="ocpp")


class NotingDriver:
    """A charger with a car that charges, and does at once what it is told."""

    def __init__(self, clock: SystemClock, report: Report) -> None:
        self.name = "noting"
        self.devices: Sequence[DeviceInfo] = (INFO,)
        self._clock, self._report = clock, report

    async def run(self, report: Report) -> None:
        await report(self.reading(16.0))
        await asyncio.Event().wait()

    async def send(self, target: Target) -> None:
        at_s = time.monotonic()
        assert isinstance(target, ChargerTarget)
        print(json.dumps({"limit_a": target.max_current_a, "at_s": at_s}), flush=True)
        await self._report(self.reading(target.max_current_a or 0.0))

    async def make_safe(self) -> None:
        """It is safe."""

    def reading(self, limit_a: float) -> ChargerReading:
        now = self._clock.now()
        return ChargerReading(
            device=GARAGE,
            at=now.at,
            mono_s=now.mono_s,
            reachable=True,
            power_delivery=PowerDelivery.CHARGING,
            power_w=limit_a * 690.0,
            max_current_a=limit_a,
        )


async def main(port: int, folder: Path) -> None:
    """Run until killed."""
    clock, house = SystemClock(), House()
    store = await Store.open(folder / "hearth.db", clock)
    driver = NotingDriver(clock, house.report)
    settings = PlanSettings(
        fuse_a=63.0,
        margin_a=1.0,
        phases=3,
        grid_meter=None,
        meter_stale_s=15.0,
        devices=(INFO,),
        chargers={GARAGE: ChargerSettings()},
    )
    control = Control(
        house=house,
        store=store,
        clock=clock,
        settings=settings,
        wishes=Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.FAST)}),
        drivers={GARAGE: driver},
        persisted=await store.load(),
    )
    broker = Broker(host="127.0.0.1", port=port)
    bridge = HomeAssistant(broker, "bench", control.pictures, control.submit, store.notebook, clock)
    async with asyncio.TaskGroup() as group:
        for job in (
            store.run,
            control.run,
            control.heartbeat,
            control.write,
            control.outlets[GARAGE].run,
        ):
            group.create_task(job())
        group.create_task(driver.run(house.report))
        group.create_task(bridge.run())
        print(json.dumps({"up": True}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
