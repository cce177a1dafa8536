"""What planners must remember from one tick to the next; a frozen value, saved with the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from agent.model.nothing import nothing
from agent.model.readings import DeviceId
from agent.plan.phase_memory import DAY_S, PhaseMemory

HISTORY_S = 60.0
_LASTING = ("limit_a", "said", "begun")
"""What means something after the machine was restarted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerMemory:
    """Monotonic instants in seconds; None = not running.

    Args:
        limit_a: per phase, what we let it have now; None = nothing decided yet, 0 = paused.
        changed_mono_s: when limit_a last changed.
    history: (since when, limit_a) of the last minute, oldest first; a meter may still show any.
        surplus_since_mono_s, deficit_since_mono_s: how long the sun has been enough, or not.
        said: the reason code and state that the journal last told.
        ceiling_a: the most that the car takes of what it is offered; None = it takes all.
        untaken_mono_s: since when it may charge and does not.
        deaf_mono_s: since when it is paused because it did not follow; deaf: what was seen then.
        begun: how often it has begun on the sun; rests_mono_s: since when it does not charge.
        sun_mean_w: what the sun left over for it of late, as of sunny_mono_s.
    """

    limit_a: float | None = None
    changed_mono_s: float | None = None
    history: tuple[tuple[float, float], ...] = ()
    surplus_since_mono_s: float | None = None
    deficit_since_mono_s: float | None = None
    said: str = ""
    ceiling_a: float | None = None
    untaken_mono_s: float | None = None
    deaf_mono_s: float | None = None
    deaf: str = ""
    begun: int = 0
    rests_mono_s: float | None = None
    sun_mean_w: float | None = None
    sunny_mono_s: float | None = None

    def limited(self, limit_a: float, now_mono_s: float) -> "ChargerMemory":
        """With another limit from now on."""
        young = tuple(row for row in self.history if now_mono_s - row[0] <= HISTORY_S)
        before = self.history[-len(young) - 1 : -len(young) or None]
        return replace(
            self,
            limit_a=limit_a,
            changed_mono_s=now_mono_s,
            history=(*before, *young, (now_mono_s, limit_a)),
        )


_CHARGER_FIELDS = tuple(f.name for f in fields(ChargerMemory))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryMemory:
    """A battery that charges from the grid by our word, or has just been told not to.

    Args:
        allowed_w: what it may take; before_w: what it might before changed_mono_s, the last change.
        limited: whether a limit kept it from more.
    """

    allowed_w: float
    before_w: float = 0.0
    changed_mono_s: float = float("-inf")
    limited: bool = False

    def allowed(self, power_w: float, now_mono_s: float, *, limited: bool) -> "BatteryMemory":
        """With what it may take from now on."""
        if power_w == self.allowed_w:
            return replace(self, limited=limited)
        return BatteryMemory(
            allowed_w=power_w,
            before_w=self.allowed_w,
            changed_mono_s=now_mono_s,
            limited=limited,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutMemory:
    """What batteries that are told to discharge may give together, where a limit lowers it."""

    allowed_w: float
    changed_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeMemory:
    """A battery that helps for a moment, or has done so.

    Args:
        before_w: what it did when that began, + = charging; most_w: how much more it may give.
        ended_mono_s: when it was held back again; None = it helps.
        earlier_mono_s: when it began to help before, within a day.
    """

    began_mono_s: float
    before_w: float
    most_w: float
    ended_mono_s: float | None = None
    earlier_mono_s: tuple[float, ...] = ()

    def lately(self, now_mono_s: float) -> tuple[float, ...]:
        """When it began to help within the last day."""
        every = (*self.earlier_mono_s, self.began_mono_s)
        return tuple(each for each in every if now_mono_s - each < DAY_S)

    def ended(self, now_mono_s: float) -> "BridgeMemory":
        """Held back again from now on."""
        return replace(self, ended_mono_s=now_mono_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class SunMemory:
    """Roofs that may not give all they have.

    Args:
        limit_w: what all together may give; None = all. before_w: before changed_mono_s.
        full_w: what they gave when nothing held them; sun_w: what they give now.
        idle_mono_s: since when they give less than they may; None = they do not.
    """

    limit_w: float | None = None
    before_w: float | None = None
    changed_mono_s: float = float("-inf")
    full_w: float | None = None
    sun_w: float = 0.0
    idle_mono_s: float | None = None

    @property
    def hidden_w(self) -> float:
        """How much more the sun would give, as far as anybody knows."""
        if self.limit_w is None or self.full_w is None or self.idle_mono_s is not None:
            return 0.0
        return max(0.0, self.full_w - self.sun_w)

    def limited(self, limit_w: float | None, now_mono_s: float) -> "SunMemory":
        """With another limit from now on."""
        if limit_w == self.limit_w:
            return self
        return replace(
            self,
            limit_w=limit_w,
            before_w=self.limit_w,
            changed_mono_s=now_mono_s,
            idle_mono_s=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterMemory:
    """For telling a frozen meter: its last values, since when, and the chargers' power then
    (None until they have had the time to report what the meter shows)."""

    values: tuple[float | None, ...] = ()
    since_mono_s: float = 0.0
    chargers_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Args:
    batteries: those that charge from the grid by our word, and what they may take.
    bridges: those that help while too much flows.
    phases: of chargers whose phases may be switched.
    sun: how far roofs are turned down.
    out: how far batteries that discharge are; None = they are not.
    said: reason and deed of what the journal told last; told_mono_s: when that was.
    """

    chargers: Mapping[DeviceId, ChargerMemory] = field(default_factory=nothing)
    meters: Mapping[DeviceId, MeterMemory] = field(default_factory=nothing)
    said: Mapping[DeviceId, str] = field(default_factory=nothing)
    told_mono_s: Mapping[DeviceId, float] = field(default_factory=nothing)
    batteries: Mapping[DeviceId, BatteryMemory] = field(default_factory=nothing)
    bridges: Mapping[DeviceId, BridgeMemory] = field(default_factory=nothing)
    phases: Mapping[DeviceId, PhaseMemory] = field(default_factory=nothing)
    sun: SunMemory = SunMemory()
    out: OutMemory | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "chargers": {
                device: {name: getattr(memory, name) for name in _CHARGER_FIELDS}
                for device, memory in self.chargers.items()
            },
            "said": dict(self.said),
            "phases": {device: mind.to_json() for device, mind in self.phases.items()},
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any], *, same_boot: bool) -> "Memory":
        """Read what to_json wrote; unknown keys of another version are ignored.

        Args:
            same_boot: whether monotonic instants still mean anything; else timers start anew.
        """
        chargers = {}
        for device, row in tree.get("chargers", {}).items():
            known = {k: v for k, v in row.items() if k in _CHARGER_FIELDS}
            known["history"] = tuple((since, limit) for since, limit in known.get("history", ()))
            if not same_boot:
                known = {k: v for k, v in known.items() if k in _LASTING}
            chargers[DeviceId(device)] = ChargerMemory(**known)
        said = {DeviceId(device): text for device, text in tree.get("said", {}).items()}
        phases = {
            DeviceId(device): PhaseMemory.from_json(row, same_boot=same_boot)
            for device, row in tree.get("phases", {}).items()
        }
        return cls(
            chargers=MappingProxyType(chargers),
            said=MappingProxyType(said),
            phases=MappingProxyType(phases),
        )
