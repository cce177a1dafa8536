"""What happens by itself: pairs, places, overrides and schedules, one tick at a time. No I/O.

The steps are pure functions of their own packages; this holds what they remember and hands each
what the others found.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from agent import pairing, places
from agent.control.papers import Papers
from agent.control.papers import begin as begin_papers
from agent.control.remembered import remembered
from agent.control.rules import HouseRules
from agent.ledger.ways import SWITCHING
from agent.model.actions import Action, RequestedBy
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.nothing import nothing
from agent.model.pairs import (
    Belief,
    Commanded,
    Observation,
    PairingCar,
    PairingMode,
    PairStage,
    ProbeWish,
    Reporting,
)
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Override, ScheduleStatus
from agent.model.snapshot import Snapshot
from agent.model.targets import ChargerTarget, Target
from agent.model.wishes import Order
from agent.pairing import Memory as PairingMemory
from agent.pairing.reported import all_reporting
from agent.places import Places
from agent.plan import overrides, schedules
from agent.plan.schedules import ScheduleMemory, View, Wanted
from agent.store import Persisted

REPORTING_EVERY_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one tick found.

    Args:
        orders: what overrides and schedules want, by the device that is steered.
        wanted: Actions to make; `released` ids of Actions to cancel, with the sentence why.
        ended: overrides that ended.
        beliefs: chargers of which something else is held now.
        probes: which chargers pairing would like to see charge slower for a while.
        next_at: when time alone changes something.
    """

    orders: Mapping[DeviceId, Order] = field(default_factory=nothing)
    wanted: tuple[Wanted, ...] = ()
    released: Mapping[str, str] = field(default_factory=nothing)
    ended: tuple[tuple[Override, str], ...] = ()
    beliefs: tuple[Belief, ...] = ()
    probes: tuple[ProbeWish, ...] = ()
    next_at: datetime | None = None


class Routine:
    """
    Attributes:
        papers: schedules and locations in force.
        running: the overrides that have not ended, by the device that they were asked of.
        charger_of: vehicle -> the charger on which it is known to hang and that may be told for it.
        requested: per device the newest START or STOP that a schedule asked for.
        unheard: wishes for probes that came up between two steps.

    Args:
        tree: persisted.memory, read.
    """

    def __init__(
        self, rules: HouseRules, persisted: Persisted, tree: Mapping[str, Any], boot: str, now: Now
    ) -> None:
        same_boot = tree.get("boot_id") == boot
        self.home = rules.home
        self.papers: Papers = begin_papers(rules, persisted.documents, persisted.settings)
        self._pairing = remembered(persisted.pairing, tree, rules, boot, now)
        self._looked = now
        self._reporting = self._pairing.reports, float("-inf"), all_reporting(self._pairing)
        self.charger_of = _routes(self._pairing)
        self._due_mono_s: float | None = now.mono_s
        self.places = Places.from_json(tree.get("places", {}))
        self._memory = ScheduleMemory.from_json(
            tree.get("schedules", {}), same_boot=same_boot, now_mono_s=now.mono_s
        )
        self.running: Mapping[DeviceId, Override] = overrides.resume(persisted.overrides, now)
        self.statuses: Mapping[str, ScheduleStatus] = MappingProxyType({})
        self.requested: dict[DeviceId, Action] = {}
        self.remember((*persisted.finished.values(), *persisted.pending))
        self._view = View(snapshot=MappingProxyType({}), home=self.home)
        self._held_back: frozenset[DeviceId] = frozenset()
        self.unheard: tuple[ProbeWish, ...] = ()

    @property
    def pairing(self) -> PairingMemory:
        """What pairing remembers."""
        return self._pairing

    @pairing.setter
    def pairing(self, memory: PairingMemory) -> None:
        before, self._pairing = self._pairing, memory
        if memory.pairs is not before.pairs or memory.settings is not before.settings:
            self.charger_of = _routes(memory)

    @property
    def reporting(self) -> Mapping[DeviceId, Reporting]:
        """How cars report; looked at anew when something was learned, and now and then."""
        memory, (learned, looked_s, found) = self._pairing, self._reporting
        now_s = 0.0 if memory.now is None else memory.now.mono_s
        if memory.reports is not learned or now_s - looked_s >= REPORTING_EVERY_S:
            found = all_reporting(memory)
            self._reporting = memory.reports, now_s, found
        return found

    @property
    def _pairing_due_mono_s(self) -> float | None:
        """When pairing wants to look again; without cars there is nothing to see."""
        return self._due_mono_s if self.pairing.settings.cars else None

    @property
    def covering(self) -> Mapping[DeviceId, Override]:
        """The running override of each device, on a pair under both."""
        return overrides.covering(self.running, self.charger_of)

    def remember(self, actions: Iterable[Action]) -> None:
        """Note the Actions of schedules; they come in the order in which they moved."""
        for action in actions:
            if action.requested_by is RequestedBy.SCHEDULE and action.kind in SWITCHING:
                self.requested[action.device] = action

    def controlled(self, device: DeviceId, now: Now) -> str | None:
        """Who steers a device, in words that follow "steered by"; None if nobody does."""
        view = replace(self._view, overrides=self.covering, charger_of=self.charger_of)
        return schedules.controlled(device, self.papers.schedules, view, now)

    def step(
        self,
        observations: Sequence[Observation | Commanded],
        snapshot: Snapshot,
        devices: Sequence[DeviceInfo],
        pending: Mapping[DeviceId, Action],
        last: Mapping[DeviceId, Action],
        now: Now,
    ) -> Found:
        """Advance everything by one tick.

        Args:
            pending, last: the ledger's, by the device that is commanded.
        """
        self._looked = now
        beliefs, probes = self._pair(observations, now)
        charger_of = self.charger_of
        startable = frozenset(d.id for d in devices if d.startable)
        self.places = places.step(
            self.places, snapshot, devices, self.papers.locations, charger_of, self.home, now
        )
        by_id = {a.id: a for a in (*last.values(), *pending.values())}
        lost = self._without({d.id for d in devices}, now)
        over = overrides.step(self.running, snapshot, charger_of, startable, by_id, now)
        self.running = over.running
        self._view = self._seen(snapshot, pending, startable)
        plan = schedules.step(self.papers.schedules, self._view, self._memory, now)
        self._memory, self.statuses = plan.memory, plan.statuses
        return Found(
            orders=MappingProxyType({**plan.orders, **over.orders}),
            wanted=plan.wanted,
            released=plan.released,
            ended=(*lost, *over.ended),
            beliefs=beliefs,
            probes=probes,
            next_at=self._next_at(now, plan.next_at, over.next_at),
        )

    def _pair(
        self, observations: Sequence[Observation | Commanded], now: Now
    ) -> tuple[tuple[Belief, ...], tuple[ProbeWish, ...]]:
        """What is held otherwise now, and which probes are wished."""
        due_mono_s = self._pairing_due_mono_s
        due = due_mono_s is not None and now.mono_s >= due_mono_s
        probes, self.unheard = self.unheard, ()
        if not self.pairing.settings.cars or not (observations or due):
            return (), probes
        done = pairing.step(observations, self.pairing, now)
        self.pairing, self._due_mono_s = done.memory, done.due_mono_s
        return done.changed, probes + done.probes

    def _seen(
        self,
        snapshot: Snapshot,
        pending: Mapping[DeviceId, Action],
        startable: frozenset[DeviceId],
    ) -> View:
        return View(
            snapshot=snapshot,
            home=self.home,
            locations=self.papers.locations,
            where=self.places.where,
            charger_of=self.charger_of,
            overrides=self.covering,
            requested=self.requested,
            pending=pending,
            startable=startable,
            held_back=self._held_back,
        )

    def _without(self, devices: Collection[DeviceId], now: Now) -> tuple[tuple[Override, str], ...]:
        """The overrides of devices that were taken out of the house; they have ended."""
        lost = [each for name, each in self.running.items() if name not in devices]
        if lost:
            left = {name: each for name, each in self.running.items() if name in devices}
            self.running = MappingProxyType(left)
        why = "is no longer in the config file"
        return tuple((replace(o, ended_at=now.at), f"{o.device} {why}") for o in lost)

    def limited(self, orders: Mapping[DeviceId, Order], targets: Mapping[DeviceId, Target]) -> None:
        """Note whom the limits of the house keep from charging, for the next tick."""
        self._held_back = held_back(orders, targets)

    def start_override(self, info: DeviceInfo, override_id: str, now: Now) -> tuple[Override, bool]:
        """Begin an override, or return the one that runs; whether it is new."""
        self.running, override, new = overrides.start(
            self.running, info.id, info.kind, self.charger_of, override_id, now
        )
        return override, new

    def began(self, override: Override, action_id: str) -> Override:
        """Note the START that an override began."""
        self.running, override = overrides.began(self.running, override, action_id)
        return override

    def end_override(self, device: DeviceId, now: Now) -> Override | None:
        """End the override that covers a device; None when there is none."""
        self.running, ended = overrides.end(self.running, device, self.charger_of, now)
        return ended

    def meet(self, info: DeviceInfo) -> None:
        """A car that nobody configured has come."""
        settings = self.pairing.settings
        if info.kind is DeviceKind.VEHICLE and all(car.id != info.id for car in settings.cars):
            cars = (*settings.cars, PairingCar(id=info.id, capacity_wh=info.capacity_wh))
            self.pairing = pairing.configure(self.pairing, replace(settings, cars=cars))
            self.soon()

    def soon(self) -> None:
        """Let pairing look again though nothing was observed."""
        self._due_mono_s = float("-inf")

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart, besides pairs and facts.

        What pairing remembers is written when it changes; how long it has held since, here.
        """
        looked = {"at": self._looked.at.isoformat(), "mono_s": self._looked.mono_s}
        return {
            "places": self.places.to_json(),
            "schedules": self._memory.to_json(),
            "looked": looked,
        }

    def _next_at(self, now: Now, *instants: datetime | None) -> datetime | None:
        known = [at for at in instants if at is not None]
        due_mono_s = self._pairing_due_mono_s
        if due_mono_s is not None:
            known.append(now.later(max(0.0, due_mono_s - now.mono_s)).at)
        return min(known, default=None)


def held_back(
    orders: Mapping[DeviceId, Order], targets: Mapping[DeviceId, Target]
) -> frozenset[DeviceId]:
    """Chargers that are to charge and whose Target, for the limits of the house, does not."""
    return frozenset(
        device
        for device, order in orders.items()
        if order.charging
        and isinstance(target := targets.get(device), ChargerTarget)
        and not target.charging
    )


def _routes(memory: PairingMemory) -> Mapping[DeviceId, DeviceId]:
    if memory.settings.mode is not PairingMode.FULL:
        return MappingProxyType({})
    active = (pair for pair in memory.pairs if pair.stage is PairStage.ACTIVATED)
    return MappingProxyType({pair.vehicle: pair.charger for pair in active})
