"""Hearth's own way to read a device, without the rest of the daemon."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.clock import SystemClock
from drivers.modbus.building import endpoint_of
from drivers.modbus.config import ModbusConfig
from drivers.modbus.link import Bus, Pacing
from drivers.modbus.maps import load_models
from drivers.modbus.model import Tier
from drivers.modbus.poller import Poller, with_units
from drivers.modbus.turns import Priority
from drivers.modbus.wire import Request

TIMEOUT_S = 5.0


class NoNotes:
    """A notebook in which nothing is ever found."""

    async def read_note(self, topic: str, key: str) -> Mapping[str, object] | None:
        del topic, key
        return None

    async def read_notes(self, topic: str) -> Mapping[str, Mapping[str, object]]:
        del topic
        return {}

    async def write_note(self, topic: str, key: str, note: Mapping[str, object] | None) -> None:
        """Forget it at once."""


class NotingBus(Bus):
    """A bus without pauses that remembers what it was asked."""

    asked: list[Request]

    async def request(
        self, request: Request, *, timeout_s: float, priority: Priority, tries: int = 1
    ) -> tuple[int, ...]:
        self.asked.append(request)
        return await super().request(request, timeout_s=timeout_s, priority=priority, tries=tries)


@dataclass(slots=True)
class Reader:
    """One device behind a bus of its own.

    Attributes:
        reads: what one poll of the given tiers asks, as unit, function, address, count.
    """

    poller: Poller
    bus: NotingBus
    reads: list[tuple[int, int, int, int]] = field(default_factory=list)

    async def poll(self, tiers: tuple[Tier, ...] = (Tier.FAST,)) -> int:
        """Read the tiers; returns how many values came."""
        self.bus.asked.clear()
        found = 0
        for tier in tiers:
            found += len((await self.poller.read(tier)).values)
        self.reads = [(r.unit, r.function, r.address, r.count) for r in self.bus.asked]
        return found


async def reader(driver: str, port: int, framer: str = "socket") -> Reader:
    """Connect to a device on this machine and recognise it.

    Raises:
        LinkDown: it is not there.
    """
    config = ModbusConfig.model_validate(
        {"driver": driver, "host": "127.0.0.1", "port": str(port), "framer": framer}
    )
    models = load_models([], {driver})
    model = with_units(models[driver], config.units)
    clock = SystemClock()
    pacing = Pacing(connect_pause_s=model.limits.connect_pause_s)
    bus = NotingBus(endpoint_of("device", config, models), clock=clock, pacing=pacing)
    bus.asked = []
    unit = model.unit_ids.get("default")
    poller = Poller(
        name=driver,
        model=model,
        unit=1 if unit is None else unit,
        timeout_s=TIMEOUT_S,
        bus=bus,
        clock=clock,
        notebook=NoNotes(),
    )
    await bus.open()
    await poller.prepare()
    return Reader(poller, bus)
