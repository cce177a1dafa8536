"""What our own commands show: whose power follows a charger that was given another current."""

import orjson
import pytest

from agent import pairing
from agent.model.pairs import Commanded, PairingMode, PairingSettings, ProbePolicy, ProbeWish
from agent.model.readings import DeviceId
from tests.unit.pairing_world import World, at, settings

LEVELS = {16.0: 11_000.0, 6.0: 4_100.0}


class Probed(World):
    """Two like cars on two chargers, plugged in the same minute, that report every 4 minutes."""

    def __init__(self, of: PairingSettings | None = None, cars: str = "a b") -> None:
        super().__init__(of or settings(cars, "box bay"))
        self.wishes: list[ProbeWish] = []
        for charger in ("box", "bay"):
            self.unplug(0, charger)
        for car in cars.split():
            self.car(1, car)
        self.plug(3, "box")
        self.plug(3.3, "bay")
        self.amps = {"box": 16.0, "bay": 16.0}
        self.of = {"a": "box", "b": "bay"}

    def on_its_way(self, minutes: float) -> None:
        """All report what is so now."""
        for charger, amps in self.amps.items():
            self.hear(minutes, charger, plugged_in=True, charging=True, power_w=LEVELS[amps])
        for car, charger in self.of.items():
            self.on(minutes, car, power_w=0.92 * LEVELS[self.amps[charger]])

    def step(self, minutes: float, *said: object) -> None:
        self.minutes = minutes
        done = pairing.step(said, self.memory, at(minutes))  # type: ignore[arg-type]
        self.memory, self.due_mono_s = done.memory, done.due_mono_s
        self.wishes += done.probes

    def command(self, minutes: float, charger: str, amps: float) -> None:
        self.step(
            minutes,
            Commanded(device=DeviceId(charger), seen=at(minutes), command="LIMIT", value=amps),
        )
        self.amps[charger] = amps
        self.hear(minutes, charger, plugged_in=True, charging=True, power_w=LEVELS[amps])

    def until(self, minutes: float) -> None:
        now = self.minutes
        while now + 4 <= minutes:
            now += 4
            self.on_its_way(now)


def test_the_car_that_follows_is_named_and_so_is_the_other() -> None:
    world = Probed()
    world.until(25)
    assert (world.on_charger("box"), world.on_charger("bay")) == (None, None)
    world.command(28, "box", 6.0)
    world.on_its_way(32)
    assert (world.on_charger("box"), world.on_charger("bay")) == ("a", "b")


def test_a_step_that_nobody_commanded_is_no_echo() -> None:
    world = Probed()
    world.until(25)
    world.amps["box"] = 6.0
    world.hear(28, "box", plugged_in=True, charging=True, power_w=4_100.0)
    world.on_its_way(32)
    assert all(
        item.kind != "echo" for held in world.memory.held.values()
        for items in held.items.values() for item in items
    )  # fmt: skip


def test_chargers_that_are_stepped_together_show_nothing() -> None:
    world = Probed()
    world.until(25)
    for charger in ("box", "bay"):
        world.command(28, charger, 6.0)
    world.on_its_way(32)
    assert (world.on_charger("box"), world.on_charger("bay")) == (None, None)


def test_a_car_that_changes_by_another_factor_does_not_follow() -> None:
    world = Probed()
    world.until(25)
    world.command(28, "box", 6.0)
    world.on(32, "a", power_w=8_000.0)
    world.on(32, "b", power_w=10_100.0)
    items = world.memory.held[DeviceId("box")].items[DeviceId("a")]
    assert all(item.kind != "echo" for item in items)


@pytest.mark.parametrize("same_boot", [True, False])
def test_a_restart_between_command_and_echo_loses_neither(*, same_boot: bool) -> None:
    world = Probed()
    world.until(25)
    world.command(28, "box", 6.0)
    before = world.memory.chargers[DeviceId("box")].commands_s
    tree = orjson.loads(orjson.dumps(world.memory.to_json(at(28))))
    now = world.clock(29, same_boot=same_boot)
    after = pairing.Memory.from_json(tree, world.memory.settings, now, same_boot=same_boot)
    moved_s = now.mono_s - at(29).mono_s
    commands_s = after.chargers[DeviceId("box")].commands_s
    assert commands_s == pytest.approx([at_s + moved_s for at_s in before])


def test_what_is_open_after_twenty_minutes_is_wished_to_be_probed_once() -> None:
    world = Probed()
    world.until(20)
    assert world.wishes == []
    world.until(60)
    assert {wish.charger for wish in world.wishes} == {"box", "bay"}
    assert len(world.wishes) == 2
    assert world.wishes[0].why.startswith("it is open whether ")
    world.unplug(61, "box")
    world.plug(63, "box")
    world.until(90)
    assert len(world.wishes) == 3


@pytest.mark.parametrize(
    "of",
    [
        settings("a b", "box bay", PairingMode.OBSERVE_ONLY),
        PairingSettings(
            cars=settings("a b").cars,
            chargers=settings("a b", "box bay").chargers,
            probe=ProbePolicy.OFF,
        ),
    ],
)
def test_where_it_must_not_be_done_it_is_not_wished(of: PairingSettings) -> None:
    world = Probed(of)
    world.until(60)
    assert world.wishes == []


def test_what_is_known_is_not_wished() -> None:
    world = Probed()
    world.memory = pairing.pin(world.memory, DeviceId("box"), DeviceId("a"), at(3))
    world.until(60)
    assert world.wishes == []


def test_a_car_that_speaks_meanwhile_and_charges_as_before_hangs_elsewhere() -> None:
    world = Probed()
    world.until(25)
    world.command(28, "box", 6.0)
    world.on(32, "b", power_w=10_120.0)
    against = [i for i in world.memory.held[DeviceId("box")].items[DeviceId("b")] if i.points < 0]
    assert [item.says for item in against] == ["no-echo"]
    assert world.memory.held[DeviceId("box")].shares[DeviceId("b")] < 0.25
