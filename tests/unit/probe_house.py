"""A house of two chargers and two identical cars around the real engine, on virtual time. The cars
came in the same minutes, charge alike, and tell of it late: only an echo can tell them apart."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from agent.control.engine import Engine, Ticked
from agent.control.observing import observed
from agent.control.rules import HouseRules
from agent.control.state import State
from agent.model.actions import Action, ActionKind
from agent.model.clock import Now
from agent.model.intents import Answer, ChargerMode, Intent
from agent.model.pairs import (
    PairingCar,
    PairingCharger,
    PairingMode,
    PairingSettings,
    ProbePolicy,
    ProbeWish,
)
from agent.model.picture import JournalEntry
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading, VehicleReading
from agent.model.schedules import Rule, Schedule
from agent.model.snapshot import Seen, fold
from agent.model.targets import ChargerTarget
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.store import Persisted
from tests.unit.engine_house import HOME, at_home
from tests.unit.house import CARPORT, GARAGE, NOON, charger, charging, info
from tests.unit.probe_world import ONE, TWO

STEP_S = 10.0
CHARGERS = (GARAGE, CARPORT)
NIGHT = Schedule(
    id="night",
    name="Night",
    target=ONE,
    target_kind=DeviceKind.VEHICLE,
    default_should_charge=True,
    rules=(Rule(should_charge=False, from_minute=20 * 60, to_minute=22 * 60),),
)
"""Somebody decides about the first car, so that its charger matters."""


@dataclass
class Car:
    """Args:
    on: where it really hangs; None = it is away.
    every_s, late_s: how often it is asked, and how long its answer takes.
    """

    id: DeviceId
    on: DeviceId | None = None
    every_s: float = 240.0
    late_s: float = 60.0
    offset_s: float = 0.0
    mute: bool = False
    tells_power: bool = True
    way: deque[tuple[float, VehicleReading]] = field(default_factory=deque)


class ProbeHouse:
    """
    Attributes:
        given_a: what each charger lets its car have; a command takes one step to act.
        log: (seconds, charger, amperes) of every command; moved: Actions in the order of change.
        deaf: chargers that ignore their commands.
    """

    def __init__(
        self,
        *,
        policy: ProbePolicy = ProbePolicy.WHEN_IT_MATTERS,
        schedules: tuple[Schedule, ...] = (NIGHT,),
        swapped: bool = False,
        persisted: Persisted | None = None,
        now: Now = NOON,
        fuse_a: float = 63.0,
    ) -> None:
        devices = (
            info(GARAGE, DeviceKind.CHARGER),
            info(CARPORT, DeviceKind.CHARGER),
            info(ONE, DeviceKind.VEHICLE),
            info(TWO, DeviceKind.VEHICLE),
        )
        pairing = PairingSettings(
            mode=PairingMode.FULL,
            probe=policy,
            cars=tuple(PairingCar(id=each, capacity_wh=60_000.0) for each in (ONE, TWO)),
            chargers=tuple(
                PairingCharger(id=each, latitude_deg=50.85, longitude_deg=4.35) for each in CHARGERS
            ),
        )
        numbers = count(1)
        self.now, self.start_s = now, now.mono_s
        self.state = State(
            settings=PlanSettings(
                fuse_a=fuse_a,
                devices=devices,
                chargers={each: ChargerSettings() for each in CHARGERS},
            ),
            rules=HouseRules(
                pairing=pairing,
                locations={"home": HOME},
                schedules={s.id: s for s in schedules},
            ),
            wishes=Wishes(chargers={c: ChargerWish(mode=ChargerMode.FAST) for c in CHARGERS}),
            persisted=persisted or Persisted(),
            now=now,
            boot="boot",
            new_id=lambda: f"id-{now.mono_s:.0f}-{next(numbers)}",
        )
        self.engine = Engine(self.state)
        self.snapshot: dict[DeviceId, Seen[Reading]] = {}
        places = (CARPORT, GARAGE) if swapped else (GARAGE, CARPORT)
        self.truth = dict(zip(places, (ONE, TWO), strict=True))
        self.cars = {ONE: Car(ONE), TWO: Car(TWO, offset_s=20.0)}
        self.given_a: dict[DeviceId, float] = dict.fromkeys(CHARGERS, 16.0)
        self.log: list[tuple[float, DeviceId, float]] = []
        self.moved: list[Action] = []
        self.journal: list[JournalEntry] = []
        self.deaf: set[DeviceId] = set()
        self.pausable: bool | None = None

    @property
    def elapsed_s(self) -> float:
        return self.now.mono_s - self.start_s

    def passes(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.tick()

    def tick(self) -> Ticked:
        """One step: devices speak, Hearth decides, chargers obey."""
        self.now = self.now.later(STEP_S)
        words = []
        for said in (*self._chargers(), *self._arriving()):
            self.snapshot[said.device] = fold(self.snapshot.get(said.device), said)
            words.append(observed(said, self.now))
        seen = dict(self.snapshot)
        ticked = self.engine.tick(seen, [w for w in words if w is not None], self.now)
        self._note(ticked)
        if ticked.held:
            self.engine.written(ticked.held)
            again = self.engine.tick(seen, [], self.now)
            self._note(again)
            return replace(ticked, targets=again.targets)
        return ticked

    def _note(self, ticked: Ticked) -> None:
        self.journal += ticked.journal
        if ticked.urgent is not None:
            self.moved += ticked.urgent.actions
        for target in ticked.send:
            if isinstance(target, ChargerTarget) and target.device not in self.deaf:
                amps = target.max_current_a if target.charging else 0.0
                self.given_a[target.device] = 16.0 if amps is None else amps
                self.log.append((self.elapsed_s, target.device, self.given_a[target.device]))

    def _chargers(self) -> list[Reading]:
        said: list[Reading] = []
        for box in CHARGERS:
            plugged = any(car.on == box for car in self.cars.values())
            amps = self.given_a[box]
            if not plugged:
                said.append(charger(self.now, PowerDelivery.UNPLUGGED, box, power_w=0.0))
            elif amps:
                shown = replace(charging(amps, self.now, box), max_current_a=amps)
                said.append(replace(shown, pausable=self.pausable))
            else:
                said.append(charger(self.now, device=box, power_w=0.0))
        return said

    def _arriving(self) -> list[Reading]:
        """What the cars' gateways deliver now; each sample is as old as the car is late."""
        said: list[Reading] = []
        for car in self.cars.values():
            if (self.elapsed_s - car.offset_s) % car.every_s < STEP_S:
                due_s = self.now.mono_s + car.late_s
                car.way.append((due_s, self._sample(car)))
            while car.way and car.way[0][0] <= self.now.mono_s and not car.mute:
                said.append(car.way.popleft()[1])
        return said

    def _sample(self, car: Car) -> VehicleReading:
        amps = 0.0 if car.on is None else self.given_a[car.on]
        power_w = round(amps * 690 * 0.92, -2)
        sample = VehicleReading(
            device=car.id,
            at=self.now.at,
            mono_s=self.now.mono_s,
            plugged_in=car.on is not None,
            charging=amps > 0,
            power_w=power_w if car.tells_power else None,
        )
        return at_home(sample)

    # ---- what people do -------------------------------------------------------------------

    def come(self) -> None:
        """Both cars come home and are plugged in within the same minute."""
        self.passes(300)
        for box, car in self.truth.items():
            self.cars[car].on = box
            self.passes(20)

    def leave(self, box: DeviceId) -> None:
        for car in self.cars.values():
            if car.on == box:
                car.on = None

    def take(self, intent: Intent) -> Answer:
        taken = self.engine.take(intent, self.snapshot, self.now)
        if taken.change is not None:
            self.moved += taken.change.actions
        return taken.answer

    def wish(self, box: DeviceId = GARAGE) -> None:
        """Pairing would like to see this charger charge slower."""
        session = self.state.tally.sessions[box].id
        wish = ProbeWish(charger=box, vehicle=ONE, why="both came together")
        before = self.state.prober.memory
        self.state.prober.memory = replace(
            before, wishes={**before.wishes, box: wish}, of={**before.of, box: session}
        )

    # ---- what came of it ------------------------------------------------------------------

    @property
    def probes(self) -> list[Action]:
        """The Actions of probes as they are now, oldest first."""
        newest = {a.id: a for a in self.moved if a.kind is ActionKind.PROBE}
        return list(newest.values())

    @property
    def found(self) -> Mapping[DeviceId, DeviceId | None]:
        """Who is held to be where."""
        beliefs = self.state.routine.pairing.beliefs
        return {box: beliefs[box].vehicle if box in beliefs else None for box in CHARGERS}

    def on_disk(self) -> Persisted:
        """What a Hearth that is killed now leaves behind."""
        book = self.state.ledger
        return Persisted(
            settings=self.state.rows(),
            memory=self.state.memory_bytes(),
            pairing=self.state.pairing_bytes(),
            pending=tuple(book.pending.values()),
            finished={a.device: a for a in book.last.values()},
            sessions=tuple(self.state.tally.sessions.values()),
        )

    def restarted(self, **more: Any) -> "ProbeHouse":
        """The same house with a Hearth that was killed and started again."""
        again = ProbeHouse(persisted=self.on_disk(), now=self.now, **more)
        again.start_s = self.start_s
        again.truth, again.cars, again.given_a = self.truth, self.cars, self.given_a
        return again
