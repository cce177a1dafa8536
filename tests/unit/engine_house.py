"""A house of one charger and its cars around the real engine, with a hand on the clock."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from types import MappingProxyType

from agent.control.engine import Engine, Ticked
from agent.control.observing import observed
from agent.control.rules import HouseRules
from agent.control.state import State
from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import Answer, ChargeCommand, ChargerMode, Intent, PinPair
from agent.model.limits import GridEntry
from agent.model.pairs import PairingCar, PairingCharger, PairingMode, PairingSettings
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading, VehicleReading
from agent.model.schedules import Location, Rule, Schedule
from agent.model.smart import SmartPolicy
from agent.model.snapshot import Seen, fold
from agent.model.targets import ChargerTarget, Target, VehicleTarget
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.plan.steering import Outside
from agent.store import Change, Persisted
from agent.tariffs import HouseTariff
from tests.unit.house import GARAGE, NOON, info, wishes

CAR = DeviceId("car")
NIGHT = Schedule(
    id="night",
    name="Night",
    target=GARAGE,
    target_kind=DeviceKind.CHARGER,
    default_should_charge=False,
    rules=(Rule(should_charge=True, from_minute=22 * 60, to_minute=6 * 60),),
)
HOME = Location(id="home", name="Home", timezone="UTC", latitude_deg=50.85, longitude_deg=4.35)


class House:
    """An engine with a charger and a car, and a hand on the clock."""

    def __init__(
        self,
        *schedules: Schedule,
        mode: PairingMode = PairingMode.FULL,
        startable: bool = False,
        now: Now = NOON,
        persisted: Persisted | None = None,
        charger_mode: ChargerMode = ChargerMode.OFF,
        cars: tuple[DeviceId, ...] = (CAR,),
        boot: str = "boot",
        first_id: int = 1,
        policies: Mapping[DeviceId, SmartPolicy] = MappingProxyType({}),
        tariff: HouseTariff | None = None,
    ) -> None:
        devices: tuple[DeviceInfo, ...] = (
            info(GARAGE, DeviceKind.CHARGER),
            *(
                info(each, DeviceKind.VEHICLE, startable=startable, capacity_wh=60_000.0)
                for each in cars
            ),
        )
        pairing = PairingSettings(
            mode=mode,
            cars=tuple(PairingCar(id=each) for each in cars),
            chargers=(PairingCharger(id=GARAGE),),
        )
        numbers = count(first_id)
        self.made = first_id
        self.now = now
        self.state = State(
            settings=PlanSettings(devices=devices, chargers={GARAGE: ChargerSettings()}),
            rules=HouseRules(
                pairing=pairing,
                locations={"home": HOME},
                schedules={s.id: s for s in schedules},
                policies=policies,
                tariff=tariff,
            ),
            wishes=wishes(charger_mode),
            persisted=persisted or Persisted(),
            now=now,
            boot=boot,
            new_id=lambda: f"id-{self._next(numbers)}",
        )
        self.engine = Engine(self.state)
        self.snapshot: dict[DeviceId, Seen[Reading]] = {}
        self.sent: list[Target] = []
        self.disk: dict[str, Action] = {}
        self.tried: set[tuple[str, DeviceId]] = set()
        self.grid_log: list[GridEntry] = []
        self.outside = Outside()

    def _next(self, numbers: Iterator[int]) -> int:
        self.made = next(numbers)
        return self.made

    def later(self, seconds: float, *readings: Reading) -> Ticked:
        """What is true after some seconds; commands that waited for the disk leave too."""
        self.now = self.now.later(seconds)
        words = []
        for reading in readings:
            said = replace(reading, at=self.now.at, mono_s=self.now.mono_s)
            self.snapshot[said.device] = fold(self.snapshot.get(said.device), said)
            words.append(observed(said, self.now))
        heard = [word for word in words if word is not None]
        ticked = self.engine.tick(dict(self.snapshot), heard, self.now, self.outside)
        self._take_down(ticked.urgent)
        self.sent += ticked.send
        if ticked.held:
            self.engine.written(ticked.held)
            again = self.engine.tick(dict(self.snapshot), [], self.now, self.outside)
            self._take_down(again.urgent)
            self.sent += again.send
        return ticked

    def _take_down(self, change: Change | None) -> None:
        for action in () if change is None else change.actions:
            self.disk[action.id] = action
            if action.attempts:
                self.tried.add((action.id, action.device_commanded))
        self.grid_log += () if change is None else change.grid_log

    def passes(self, seconds: float, *readings: Reading, step_s: float = 10.0) -> None:
        """Let time pass in which the devices say the same again and again."""
        for _ in range(round(seconds / step_s)):
            self.later(step_s, *readings)

    def refuse(self, device: DeviceId, sentence: str) -> None:
        """The device declines what it was told last."""
        target = [t for t in self.sent if t.device == device][-1]
        self._take_down(self.engine.refused(target, sentence, self.now))

    def on_disk(self) -> Persisted:
        """What a Hearth that is killed now leaves behind."""
        book = self.state.ledger
        return Persisted(
            settings=self.state.rows(),
            memory=self.state.memory_bytes(),
            pairing=self.state.pairing_bytes(),
            pending=tuple(book.pending.values()),
            finished={a.device: a for a in book.last.values()},
            overrides=tuple(self.state.routine.running.values()),
            documents=tuple(self.state.routine.papers.documents.values()),
        )

    def started(self) -> Action:
        """Ask for a START of the car; it is under way."""
        action = self.take(ChargeCommand(device=CAR, charging=True)).action
        assert action is not None
        return action

    def action(self, action_id: str) -> Action:
        book = self.state.ledger
        every = (*book.pending.values(), *book.last.values())
        return next(each for each in every if each.id == action_id)

    def told(self, device: DeviceId) -> list[bool]:
        """The starts and stops that a device was told."""
        kinds = ChargerTarget | VehicleTarget
        return [t.charging for t in self.sent if t.device == device and isinstance(t, kinds)]

    def take(self, intent: Intent) -> Answer:
        taken = self.engine.take(intent, self.snapshot, self.now)
        self._take_down(taken.change)
        return taken.answer

    def pair(self) -> None:
        assert self.take(PinPair(charger=GARAGE, vehicle=CAR)).status == 200
        self.later(1)


def car(state: PowerDelivery = PowerDelivery.STOPPED) -> VehicleReading:
    plugged_in = state.plugged_in
    return VehicleReading(
        device=CAR, at=NOON.at, mono_s=0, power_delivery=state, plugged_in=plugged_in
    )


def at_home(reading: VehicleReading, metres_north: float = 0.0) -> VehicleReading:
    """A car that says where it is: at the house, or so far away from it."""
    north_deg = 50.85 + metres_north / 111_195.0
    return replace(reading, latitude_deg=north_deg, longitude_deg=4.35, accuracy_m=5.0)
