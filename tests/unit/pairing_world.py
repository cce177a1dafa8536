"""A household for tests of pairing: people do things, devices tell of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from agent import pairing
from agent.model.clock import Now
from agent.model.pairs import (
    Belief,
    Observation,
    PairingCar,
    PairingCharger,
    PairingMode,
    PairingSettings,
)
from agent.model.readings import DeviceId

START = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
MONO_S = 50_000.0
HOME = (50.85, 4.35)


def at(minutes: float) -> Now:
    return Now(at=START + timedelta(minutes=minutes), mono_s=MONO_S + minutes * 60)


def settings(
    cars: str = "a", chargers: str = "box", mode: PairingMode = PairingMode.FULL, **car: Any
) -> PairingSettings:
    """`cars` and `chargers` are names, parted by spaces."""
    return PairingSettings(
        mode=mode,
        cars=tuple(
            PairingCar(id=DeviceId(name), **{"capacity_wh": 60_000.0, **car})
            for name in cars.split()
        ),
        chargers=tuple(
            PairingCharger(id=DeviceId(name), latitude_deg=HOME[0], longitude_deg=HOME[1])
            for name in chargers.split()
        ),
    )


class World:
    """Keeps the memory and every belief that was told as changed; minutes count from START."""

    def __init__(self, of: PairingSettings | None = None) -> None:
        self.memory = pairing.begin(of or settings())
        self.told: list[tuple[float, Belief]] = []
        self.minutes = 0.0
        self.due_mono_s: float | None = None

    def hear(self, minutes: float, device: str, late: float = 0.0, **said: Any) -> None:
        """A message that arrives at `minutes` and speaks of `late` minutes before."""
        now = at(minutes)
        then = now.at - timedelta(minutes=late)
        self.step(minutes, Observation(device=DeviceId(device), seen=now, at=then, **said))

    def wait(self, minutes: float) -> None:
        """Nothing is said until then."""
        self.step(minutes)

    def car(self, minutes: float, name: str = "a", late: float = 0.0, **said: Any) -> None:
        self.hear(minutes, name, late, **{"plugged_in": False, "charging": False, **said})

    def on(self, minutes: float, name: str = "a", late: float = 0.0, **said: Any) -> None:
        """The car says that it is plugged in and charges."""
        self.hear(minutes, name, late, **{"plugged_in": True, "charging": True, **said})

    def plug(self, minutes: float, charger: str = "box", **said: Any) -> None:
        self.hear(minutes, charger, **{"plugged_in": True, "charging": False, **said})
        self.hear(minutes + 0.2, charger, plugged_in=True, charging=True, power_w=11_000.0)

    def unplug(self, minutes: float, charger: str = "box", late: float = 0.0) -> None:
        self.hear(minutes, charger, late, plugged_in=False, charging=False)

    def step(self, minutes: float, *said: Observation) -> None:
        assert minutes >= self.minutes, "messages arrive in order"
        self.minutes = minutes
        done = pairing.step(said, self.memory, at(minutes))
        self.memory, self.due_mono_s = done.memory, done.due_mono_s
        self.told += [(minutes, belief) for belief in done.changed]

    def on_charger(self, charger: str = "box") -> str | None:
        belief = self.memory.beliefs.get(DeviceId(charger))
        return None if belief is None else belief.vehicle

    def clock(self, minutes: float, *, same_boot: bool) -> Now:
        """Another boot counts its monotonic seconds from elsewhere."""
        now = at(minutes)
        return now if same_boot else Now(at=now.at, mono_s=now.mono_s - MONO_S)

    def restart(self, minutes: float, *, same_boot: bool = True) -> None:
        tree = orjson.loads(orjson.dumps(self.memory.to_json(at(self.minutes))))
        now = self.clock(minutes, same_boot=same_boot)
        self.memory = pairing.Memory.from_json(tree, self.memory.settings, now, same_boot=same_boot)


def came_home(world: World, name: str = "a", charger: str = "box", start: float = 0.0) -> None:
    """The car is away, comes, and is plugged in 6.5 minutes after `start`; known from +10 on."""
    world.unplug(start, charger)
    world.car(start + 0.5, name)
    world.car(start + 5, name)
    world.plug(start + 6.5, charger)
    world.on(start + 10, name)
