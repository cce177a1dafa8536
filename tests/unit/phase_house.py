"""A house at the clock's hand with a charger that switches phases, as well or badly as told."""

from dataclasses import dataclass, field, replace
from typing import Any

from agent.model.clock import Now
from agent.model.intents import ChargerMode
from agent.model.readings import ChargerReading, PowerDelivery
from agent.model.snapshot import Seen, Snapshot, fold
from agent.model.targets import ChargerTarget
from agent.model.wishes import Order, Wishes
from agent.plan import Memory, decide
from agent.plan.phase_memory import PhaseMemory
from agent.plan.settings import ChargerSettings, PhaseRules, PlanSettings
from tests.unit.house import GARAGE, NOON, SETTINGS, charger, grid, wishes

TICK_S = 5


@dataclass
class PhaseHouse:
    """What the car draws follows the target by the next tick.

    Args:
        obeys: whether the box switches; pauses: whether the car stops at 0 A; tells: whether the
            box measures its current per phase; faulty: whether it is out of order;
            fallen_back: it was away for so long that it is on all its phases again, at its least;
            hasty: whether it says that it has stopped as soon as it is told to, whatever flows.
        car: on how many phases the car can charge; car_a: the most it takes on each; full: whether
            it takes nothing; refuses: whether it does not charge on one phase.
        used: on how many phases the box lets it charge.
        switches: when its contactor moved.
    """

    mode: ChargerMode = ChargerMode.SOLAR
    rules: PhaseRules = field(default_factory=PhaseRules)
    obeys: bool = True
    pauses: bool = True
    tells: bool = True
    faulty: bool = False
    hasty: bool = False
    in_watts: bool | None = None
    able: bool | None = None
    car: int = 3
    car_a: float = 32.0
    full: bool = False
    refuses: bool = False
    used: int = 3
    house_l1_w: float = 0.0
    settings: PlanSettings = SETTINGS
    own: dict[str, Any] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    now: Now = NOON
    amps: float = 0.0
    told_a: float | None = None
    plugged: bool = True
    fallen_back: bool = False
    order: Order | None = None
    wish: dict[str, Any] = field(default_factory=dict)
    switches: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    loaded_a: list[dict[int, float]] = field(default_factory=list)
    under_current: int = 0
    last: ChargerTarget | None = None
    seen: Snapshot = field(default_factory=dict)

    @property
    def phases(self) -> int:
        return min(self.used, self.car)

    @property
    def drawn_a(self) -> float:
        idle = self.full or self.faulty or (self.refuses and self.used == 1)
        return 0.0 if idle else min(self.amps, self.car_a)

    @property
    def mind(self) -> PhaseMemory:
        return self.memory.phases.get(GARAGE, PhaseMemory())

    def run(self, surplus_w: float, seconds: float) -> ChargerTarget | None:
        for _ in range(0, int(seconds), TICK_S):
            self.tick(surplus_w)
        return self.last

    def tick(self, surplus_w: float) -> None:
        self.now = self.now.later(TICK_S)
        own = replace(ChargerSettings(**self.own), switching=self.rules)
        plan = replace(self.settings, chargers={GARAGE: own})
        house: dict[Any, Seen[Any]] = dict(self.seen)
        for reading in (self._charger(), self._grid(surplus_w)):
            house[reading.device] = fold(house.get(reading.device), reading)
        self.seen = house
        orders = {} if self.order is None else {GARAGE: self.order}
        decided = decide(house, self._wishes(), plan, self.memory, self.now, orders)
        self.memory = decided.memory
        self.said += [f"{entry.reason.code}: {entry.reason.sentence}" for entry in decided.journal]
        found = decided.targets.get(GARAGE)
        self.last = found if isinstance(found, ChargerTarget) else None
        if self.last is not None:
            self._obey(self.last)

    def _wishes(self) -> Wishes:
        return wishes(self.mode, **self.wish)

    def _obey(self, target: ChargerTarget) -> None:
        wanted = target.phases or 3
        if self.obeys and wanted != self.used:
            self.under_current += self.drawn_a > 0
            self.used = wanted
            self.switches.append(self.now.mono_s)
        if target.charging or self.pauses:
            self.amps = target.max_current_a or 0.0

    def _charger(self) -> ChargerReading:
        told: dict[str, Any] = {"phases_switchable": self.able, "limit_in_watts": self.in_watts}
        if not self.plugged:
            self.amps = 0.0
            return charger(self.now, PowerDelivery.UNPLUGGED, power_w=0.0, **told)
        flows = self.drawn_a > 0
        each = {
            f"current_l{p}_a": self.drawn_a if flows and p <= self.phases else 0.0
            for p in (1, 2, 3)
        }
        if self.fallen_back:
            self.used, self.amps, self.fallen_back = 3, 6.0, False
            told |= {"phases_told": 3}
        told |= {"accepted_current_a": self.amps} if self.amps != self.told_a else {}
        self.told_a = self.amps
        said: dict[str, Any] = {"power_w": self.drawn_a * 230.0 * self.phases if flows else 0.0}
        if self.tells:
            said |= each | ({"phases": self.phases} if flows else {})
        stops = not flows or (self.hasty and self.last is not None and not self.last.charging)
        state = PowerDelivery.STOPPED if stops else PowerDelivery.CHARGING
        if self.faulty:
            state = PowerDelivery.FAULT
        return charger(self.now, state, **said, **told)

    def _grid(self, surplus_w: float) -> Any:
        """House and sun lie evenly on the phases, but for house_l1_w."""
        own_w = self.drawn_a * 230.0
        each = {
            p: -surplus_w / 3
            + (own_w if p <= self.phases else 0.0)
            + (self.house_l1_w * (2 / 3 if p == 1 else -1 / 3))
            for p in (1, 2, 3)
        }
        self.loaded_a.append({p: w / 230.0 for p, w in each.items()})
        powers = {f"power_l{p}_w": w for p, w in each.items()}
        return grid(sum(each.values()), self.now, **powers)
