"""What smart charging must remember from one tick to the next, and across a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from agent.model.nothing import nothing
from agent.model.prices import Slot
from agent.model.readings import DeviceId
from agent.model.smart import FailureCondition, SmartPlan, SmartState, SmartStatus, Window

SAME_LENGTH_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """How one stretch fares in which the plan wants the same. Monotonic instants in seconds.

    Args:
        charging: what it wants; steered: through which device.
        since_mono_s: when it began.
        agreed_mono_s: since when the car does so; None = it does not.
        settled: it has done so for good, so a difference is somebody's doing.
        asked_mono_s: when an Action was asked for; None once its end was seen.
        asked_after: id of the newest Action of smart charging before that.
        failures: Actions that failed; `failed_mono_s` is the last one's end.
        broken_mono_s: since when somebody has undone what was settled; None = nobody has.
    """

    charging: bool
    steered: DeviceId | None = None
    since_mono_s: float = 0.0
    agreed_mono_s: float | None = None
    settled: bool = False
    asked_mono_s: float | None = None
    asked_after: str | None = None
    failures: int = 0
    failed_mono_s: float | None = None
    broken_mono_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The cheapest single window, and what it was found for; not looked for each tick."""

    slots: tuple[Slot, ...]
    deadline: datetime
    lasts_s: float
    window: Window

    def fits(self, slots: tuple[Slot, ...], deadline: datetime, lasts_s: float) -> bool:
        return (
            self.slots is slots
            and self.deadline == deadline
            and abs(self.lasts_s - lasts_s) < SAME_LENGTH_S
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The accounts of a session when a plan began with it; see Session.

    Args:
        session: its id.
    """

    session: str
    energy_wh: float = 0.0
    traced_wh: float = 0.0
    accounted_wh: float = 0.0
    cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """
    Args:
        changed_at, changed_mono_s: when `state` last changed.
        plan: the one that runs, or the last one.
        phase: of the plan that runs; None = it has not begun.
        key: of the policy and the place that the plan was made for.
        must: it has to charge until it is full, whatever that costs.
        begun: it has charged for its price, so that a single window has begun.
        stopped_by_user, started_by_user: how often somebody undid what the plan had done.
        plugged_in: as last seen, so that a plug-in shows; charging: as last seen in the plan.
        begun_with: the session's accounts when the plan was made; None = nothing hung on a
            charger of ours.
        spent: what the plan has cost so far, in its currency; None = not known.
        unpaid: it never will be.
        full_percent, full_limit_percent: its level and its limit when it was full last.
        stretch: not kept over a restart.
    """

    state: SmartState = SmartState.DISABLED
    changed_at: datetime | None = None
    changed_mono_s: float = 0.0
    plan: SmartPlan | None = None
    phase: Phase | None = None
    key: str = ""
    must: bool = False
    begun: bool = False
    stopped_by_user: int = 0
    started_by_user: int = 0
    plugged_in: bool | None = None
    charging: bool | None = None
    begun_with: Begun | None = None
    spent: float | None = 0.0
    unpaid: bool = False
    full_percent: float | None = None
    full_limit_percent: float | None = None
    stretch: Stretch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What is learned of one car's charging, and of its level since it last told it.

    Args:
        power_w: mean of what it took when nothing held it back; None = not measured yet.
        level_mono_s: when the car told its level; `added_wh` is what the charger gave since.
        looked_mono_s: when this was last brought up to date.
        charged_s: for how long an unknown car has charged in the cycle that ends at `cycle_end`.
        rests_mono_s: since when it has not charged; None = it charges, or was not looked at yet.
        starts: how often it began to charge on the local `day`.
        refused_mono_s: since when it takes nothing of what it is offered; None = it does.
        said_percent, limit_percent, capacity_wh: as the car told them last.
    """

    power_w: float | None = None
    level_mono_s: float | None = None
    added_wh: float = 0.0
    looked_mono_s: float | None = None
    charged_s: float = 0.0
    cycle_end: datetime | None = None
    rests_mono_s: float | None = None
    starts: int = 0
    day: str = ""
    refused_mono_s: float | None = None
    said_percent: float | None = None
    limit_percent: float | None = None
    capacity_wh: float | None = None

    @property
    def of_a_stranger(self) -> "Rate":
        """Without what the car told of its battery: it may have been driven since."""
        return replace(self, said_percent=None, limit_percent=None, capacity_wh=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartMemory:
    """All by the device that has the policy.

    Args:
        statuses: as they were told last; not kept over a restart.
    """

    minds: Mapping[DeviceId, Mind] = field(default_factory=nothing)
    rates: Mapping[DeviceId, Rate] = field(default_factory=nothing)
    statuses: Mapping[DeviceId, SmartStatus] = field(default_factory=nothing)

    @property
    def at_rest(self) -> bool:
        """Whether smart charging is off everywhere, and nothing is left of a plan to be shown."""
        return all(mind.state is SmartState.DISABLED for mind in self.minds.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "minds": {d: _plain(replace(mind, stretch=None)) for d, mind in self.minds.items()},
            "rates": {device: _plain(rate) for device, rate in self.rates.items()},
        }

    @classmethod
    def from_json(
        cls, tree: Mapping[str, Any], *, same_boot: bool, now_mono_s: float
    ) -> "SmartMemory":
        """Read what to_json wrote; unknown keys of another version are ignored.

        Args:
            same_boot: whether monotonic instants still mean anything; else what was running runs
                anew from `now_mono_s` on.
        """
        anew_mono_s = None if same_boot else now_mono_s
        minds = {DeviceId(d): _mind(row, anew_mono_s) for d, row in tree.get("minds", {}).items()}
        rates = {DeviceId(d): _rate(row, anew_mono_s) for d, row in tree.get("rates", {}).items()}
        return cls(minds=MappingProxyType(minds), rates=MappingProxyType(rates))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value


def _known(kind: type, row: Mapping[str, Any], anew_mono_s: float | None) -> dict[str, Any]:
    found = {f.name: row[f.name] for f in fields(kind) if f.name in row}
    if anew_mono_s is not None:
        running = [n for n in found if n.endswith("_mono_s") and found[n] is not None]
        found |= dict.fromkeys(running, anew_mono_s)
    return found | {
        name: datetime.fromisoformat(text)
        for name, text in found.items()
        if isinstance(text, str) and name in _INSTANTS
    }


_INSTANTS = frozenset(
    {f.name for f in fields(SmartPlan) if f.name.endswith("_at")}
    | {"deadline", "changed_at", "cycle_end", "start", "stop"}
)


def _mind(row: Mapping[str, Any], anew_mono_s: float | None) -> Mind:
    found = _known(Mind, row, anew_mono_s) | {"stretch": None}
    plan, phase, begun = found.get("plan"), found.get("phase"), found.get("begun_with")
    return Mind(
        **found
        | {"state": SmartState(found.get("state", SmartState.DISABLED))}
        | {"plan": None if plan is None else plan_of(plan)}
        | {"begun_with": None if begun is None else Begun(**_known(Begun, begun, None))}
        | {"phase": None if phase is None else Phase(**_known(Phase, phase, anew_mono_s))}
    )


def plan_of(row: Mapping[str, Any]) -> SmartPlan:
    """Read a plan as JSON has it."""
    found = _known(SmartPlan, row, None)
    final, condition = found.get("final_state"), found.get("failure_condition")
    return SmartPlan(
        **found
        | {"device": DeviceId(found["device"])}
        | {"final_state": None if final is None else SmartState(final)}
        | {"failure_condition": None if condition is None else FailureCondition(condition)}
        | {"windows": tuple(Window(**_known(Window, each, None)) for each in found["windows"])}
    )


def _rate(row: Mapping[str, Any], anew_mono_s: float | None) -> Rate:
    rate = Rate(**_known(Rate, row, anew_mono_s))
    # What the charger gave while the machine was off is not known; the car will tell.
    return rate if anew_mono_s is None else replace(rate, looked_mono_s=None)
