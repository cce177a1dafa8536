"""What the schedule planner must remember from one tick to the next, and across a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zlib import crc32

from agent.model.nothing import nothing
from agent.model.schedules import Schedule, ScheduleStatus, Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """How one schedule fares in the stretch of time in which it wants the same.

    Monotonic instants in seconds; None = not running.

    Args:
        key: what the stretch belongs to; another key begins anew.
        until: when the stretch ends by itself; None if nobody can tell.
        since_mono_s: when it began.
        aligned_mono_s: since when target and schedule agree.
        settled: they have agreed for good, so a difference is somebody's doing.
        asked_mono_s: when an Action was asked for; None once its end was seen.
        asked_after: id of the newest Action of a schedule before that.
        failures: Actions that failed, `failed_mono_s` is the last one's end.
        yields_mono_s: since when it gives way to what somebody did.
        retried_mono_s: when it tried to undo that, once.
        manual: it tried in vain and leaves the target alone until the stretch ends.
    """

    key: str
    until: datetime | None = None
    since_mono_s: float = 0.0
    aligned_mono_s: float | None = None
    settled: bool = False
    asked_mono_s: float | None = None
    asked_after: str | None = None
    failures: int = 0
    failed_mono_s: float | None = None
    yields_mono_s: float | None = None
    retried_mono_s: float | None = None
    manual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a schedule says from `begins` to before `ends`; computed once, not each tick."""

    schedule: Schedule
    timezone: str
    begins: datetime
    ends: datetime
    should_charge: bool
    transitions: tuple[Transition, ...]

    def holds(self, schedule: Schedule, timezone: str, at: datetime) -> bool:
        return (
            self.schedule == schedule
            and self.timezone == timezone
            and self.begins <= at < self.ends
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """When a status last changed; `digest` stands for all else that it says."""

    digest: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleMemory:
    """All by schedule id; a schedule that is not active now has no mind."""

    minds: Mapping[str, Mind] = field(default_factory=nothing)
    told: Mapping[str, Told] = field(default_factory=nothing)
    outlooks: Mapping[str, Outlook] = field(default_factory=nothing)

    def to_json(self) -> dict[str, Any]:
        return {
            "minds": {name: _mind_to_json(mind) for name, mind in self.minds.items()},
            "told": {
                name: [told.digest, told.changed_at.isoformat()] for name, told in self.told.items()
            },
        }

    @classmethod
    def from_json(
        cls, tree: Mapping[str, Any], *, same_boot: bool, now_mono_s: float
    ) -> "ScheduleMemory":
        """Read what to_json wrote; unknown keys of another version are ignored.

        Args:
            same_boot: whether monotonic instants still mean anything; else what was running
                runs anew from `now_mono_s` on.
        """
        minds = {
            name: _mind_from_json(row, None if same_boot else now_mono_s)
            for name, row in tree.get("minds", {}).items()
        }
        told = {
            name: Told(digest=digest, changed_at=datetime.fromisoformat(changed_at))
            for name, (digest, changed_at) in tree.get("told", {}).items()
        }
        return cls(minds=MappingProxyType(minds), told=MappingProxyType(told))


_MIND_FIELDS = tuple(f.name for f in fields(Mind))


def _mind_to_json(mind: Mind) -> dict[str, Any]:
    row = {name: getattr(mind, name) for name in _MIND_FIELDS}
    return row | {"until": mind.until.isoformat() if mind.until else None}


def _mind_from_json(row: Mapping[str, Any], anew_mono_s: float | None) -> Mind:
    known = {name: value for name, value in row.items() if name in _MIND_FIELDS}
    if known.get("until"):
        known["until"] = datetime.fromisoformat(known["until"])
    if anew_mono_s is not None:
        running = [n for n in known if n.endswith("_mono_s") and known[n] is not None]
        known |= dict.fromkeys(running, anew_mono_s)
    return Mind(**known)


def key_of(schedule: Schedule, timezone: str, *, should_charge: bool) -> str:
    """Names what a schedule wants by all that decides it; its name does not."""
    rules = [
        (
            rule.should_charge,
            rule.from_minute,
            rule.to_minute,
            sorted(rule.weekdays) if rule.weekdays is not None else None,
            rule.from_at and rule.from_at.isoformat(),
            rule.to_at and rule.to_at.isoformat(),
        )
        for rule in schedule.rules
    ]
    text = repr(
        (schedule.target, schedule.location, schedule.default_should_charge, rules, timezone)
    )
    return f"{crc32(text.encode()):08x} {'charge' if should_charge else 'hold'}"


def tell(status: ScheduleStatus, before: Told | None, at: datetime) -> tuple[ScheduleStatus, Told]:
    """Stamp a status: `changed_at` stays as long as it says the same."""
    told = Told(digest=_digest(status), changed_at=at)
    if before is not None and before.digest == told.digest:
        told = before
    return replace(status, changed_at=told.changed_at), told


def _digest(status: ScheduleStatus) -> int:
    words = (
        status.state.value, status.charging, status.expected, status.should_charge,
        status.plugged_in, status.needs_charge, status.problem,
        [(each.at.isoformat(), each.should_charge) for each in status.transitions],
        status.override and (status.override.id, status.override.action_id),
    )  # fmt: skip
    return crc32(repr(words).encode())
