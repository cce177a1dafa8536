"""What only ticks and Intents may change: the engine and the desk share it. No I/O, no clock."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from agent import ledger
from agent.control import papers, people
from agent.control.grid_watch import GridWatch
from agent.control.outcomes import Outcomes, say
from agent.control.plans import Plans
from agent.control.probing import Prober
from agent.control.remembered import pairing_bytes
from agent.control.routine import Routine
from agent.control.rules import HouseRules
from agent.control.tally import Tally
from agent.ledger import Request
from agent.ledger.create import Created
from agent.ledger.ways import Ways
from agent.model.actions import Action, Failure, FailureType
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.picture import JournalEntry
from agent.model.readings import DeviceId, DeviceKind
from agent.model.smart import SmartPolicy
from agent.model.snapshot import Snapshot
from agent.model.wishes import Wishes
from agent.plan import Memory, PlanSettings
from agent.plan.learnt import NOTHING_LEARNT
from agent.store import Change, Persisted

JOURNAL_KEEP = 50
OK = 200
_CAR = "vehicle:"


class State:
    """
    Args:
        boot: which boot of the machine the monotonic instants belong to.
        new_id: makes the ids of Actions and overrides.

    Attributes:
        unsaved: Actions that moved while nothing could be written down.
        unrest: something changed that the next tick should look at, at once.
        held: devices whose commands wait for the disk.
        learnt: what devices have declined at run time.
        priced: whether there is a tariff or a source of prices.
    """

    def __init__(
        self,
        *,
        settings: PlanSettings,
        rules: HouseRules,
        wishes: Wishes,
        persisted: Persisted,
        now: Now,
        boot: str,
        new_id: Callable[[], str],
    ) -> None:
        self.boot, self.new_id = boot, new_id
        self.settings = settings
        self.devices = {d.id: d for d in settings.devices}
        self._met: dict[DeviceId, DeviceInfo] = {}
        self.wishes = people.from_settings(dict(persisted.settings), wishes)
        tree = orjson.loads(persisted.memory) if persisted.memory else {}
        same_boot = tree.get("boot_id") == boot
        self.memory = Memory.from_json(tree, same_boot=same_boot)
        self.routine = Routine(rules, persisted, tree, boot, now)
        self.prober = Prober(tree.get("probes", {}))
        self.plans = Plans(tree.get("plans", {}), rules.timezone, same_boot=same_boot, now=now)
        self._pairing_kept = self.routine.pairing
        for info in _cars(persisted.settings):
            self.meet(info)
        self.plans.stand(self.policies, self.settings.devices, now)
        self.ledger, self.unsaved = ledger.restore(
            persisted.pending, tuple(persisted.finished.values()), self.kinds, now, boot
        )
        self.routine.remember(self.unsaved)
        self.plans.remember((*persisted.finished.values(), *persisted.pending, *self.unsaved))
        self.tally = Tally(settings, persisted, now, rules.timezone)
        self.outcomes = Outcomes()
        self.grid_watch = GridWatch(self.wishes.grid_orders)
        self.journal = deque(persisted.journal, maxlen=JOURNAL_KEEP)
        self.held: set[DeviceId] = set()
        self.unrest = False
        self.priced = False
        self.learnt = NOTHING_LEARNT

    @property
    def kinds(self) -> dict[DeviceId, DeviceKind]:
        return {d.id: d.kind for d in self.devices.values()}

    def meet(self, info: DeviceInfo) -> bool:
        """Take in a car that stands in no config file; whether that is news."""
        if info.id in self.devices:
            return False
        self.devices[info.id] = self._met[info.id] = info
        self.settings = replace(self.settings, devices=tuple(self.devices.values()))
        self.routine.meet(info)
        return True

    def name_of(self, device: DeviceId) -> str:
        """What people call a device."""
        info = self.devices.get(device)
        return device if info is None else info.name

    def charger_of(self, device: DeviceId) -> DeviceInfo | None:
        """The charger to which commands for a car go; None if there is none."""
        return self.devices.get(self.routine.charger_of.get(device, DeviceId("")))

    @property
    def policies(self) -> Mapping[DeviceId, SmartPolicy]:
        """Smart charging as it is in force, by device."""
        return self.routine.papers.policies

    def controlled(self, device: DeviceId, now: Now) -> str | None:
        """Who steers a device, in words that follow "steered by"; None if nobody does."""
        routine = self.routine
        return routine.controlled(device, now) or self.plans.controlled(
            device, routine.charger_of, now
        )

    @property
    def ways(self) -> Ways:
        """Who can be told to charge each car: its charger (local and fast), then the car itself."""
        found: dict[DeviceId, tuple[DeviceInfo, ...]] = {}
        for info in self.devices.values():
            if info.kind is DeviceKind.VEHICLE:
                charger = self.charger_of(info.id)
                itself = (info,) if info.startable else ()
                found[info.id] = itself if charger is None else (charger, *itself)
        return found

    def other_way(self, device: DeviceId, told: DeviceId) -> DeviceInfo | None:
        """Who else can be told to charge a car; None for all but cars with two ways."""
        return next((way for way in self.ways.get(device, ()) if way.id != told), None)

    def file(self, request: Request, snapshot: Snapshot, now: Now) -> Created:
        """Make an Action, or find out why not. What moved is concluded; the caller writes it."""
        before = self.wishes
        made = ledger.create(self.ledger, request, snapshot, now, self.boot)
        self.ledger = made.ledger
        for action in made.changed:
            if action.pending:
                self.outcomes.began(action, before, self._behind(action))
            elif made.action is None or action.id != made.action.id:
                self.conclude(action)
            elif action.failure and action.failure.type is not FailureType.UNNECESSARY:
                self.outcomes.failures[action.device] = f"{say(action)}: {action.failure.detail}"
        self.routine.remember(made.changed)
        self.plans.remember(made.changed)
        return made

    def cancel(self, action_id: str, why: str, now: Now) -> Action | None:
        """Cancel a pending Action; None if none has that id."""
        failure = Failure(type=FailureType.REQUESTED_CANCELLATION, detail=why)
        self.ledger, done = ledger.cancel(self.ledger, action_id, failure, now)
        if done is not None:
            self.conclude(done)
        return done

    def _behind(self, action: Action) -> DeviceId | None:
        """The charger that is told, or on which the car that is told hangs."""
        if action.device_commanded in self.wishes.chargers:
            return action.device_commanded
        return self.routine.charger_of.get(action.device)

    def conclude(self, action: Action) -> None:
        """An action ended, took another way or was tried again; a wish that failed is taken
        back."""
        self.routine.remember((action,))
        self.plans.remember((action,))
        if action.pending and action.spent is not None and not action.attempts:
            wishes = self.outcomes.turned(action, self.wishes, self._behind(action))
            self.unrest = True
        else:
            wishes = self.outcomes.ended(action, self.wishes)
        if wishes is not self.wishes:
            self.wishes = wishes
            self.unrest = True

    def change(
        self, actions: tuple[Action, ...] = (), journal: tuple[JournalEntry, ...] = ()
    ) -> Change:
        """Actions that moved, with all that must be true together with them."""
        return Change(
            actions=actions, journal=journal, memory=self.memory_bytes(), settings=self.rows()
        )

    def rows(self) -> dict[str, dict[str, Any]]:
        """What people chose, for the store."""
        cars = {
            f"{_CAR}{info.id}": {"name": info.name, "capacity_wh": info.capacity_wh}
            for info in self._met.values()
        }
        return people.to_settings(self.wishes) | papers.switches(self.routine.papers) | cars

    def memory_bytes(self) -> bytes:
        """What planners remember, for the disk."""
        tree = {"boot_id": self.boot, **self.memory.to_json(), **self.routine.to_json()}
        return orjson.dumps(
            {**tree, "probes": self.prober.memory.to_json(), "plans": self.plans.to_json()}
        )

    def pairing_bytes(self) -> bytes:
        """What pairing remembers, for the disk."""
        self._pairing_kept = self.routine.pairing
        return pairing_bytes(self.routine.pairing, self.boot)

    def memories(self) -> Change:
        """All that is remembered; what pairing does, only where it changed."""
        news = self.routine.pairing is not self._pairing_kept
        return Change(memory=self.memory_bytes(), pairing=self.pairing_bytes() if news else None)


CLOUD = "cloud"
"""Driver of the cars that only the cloud knows."""


def cloud_car(device: DeviceId, name: str, capacity_wh: float | None = None) -> DeviceInfo:
    """A car that the cloud sends down."""
    return DeviceInfo(
        id=device, kind=DeviceKind.VEHICLE, name=name, driver=CLOUD, capacity_wh=capacity_wh
    )


def _cars(settings: Any) -> list[DeviceInfo]:
    return [
        cloud_car(DeviceId(key.removeprefix(_CAR)), str(row["name"]), row.get("capacity_wh"))
        for key, row in settings.items()
        if key.startswith(_CAR) and "name" in row
    ]
