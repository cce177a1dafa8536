"""What is remembered of one charger that can change between one phase and all of its phases."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from agent.model.clock import Now

DAY_S = 86_400.0
IDLE_S = 60.0
"""A car that is offered current and takes none for that long wants none, or cannot."""
ASKED_AGAIN_S = 4 * 3600.0
"""It may want some later, and where the sun does for one phase only nobody would notice."""


class Kept(StrEnum):
    """Why the phases are left alone until the car leaves."""

    WRONG = "wrong"  # the car draws on another number than was asked for
    LONE = "lone"  # all are offered, and the car uses one
    BLIND = "blind"  # nobody can see on how many it draws
    STUCK = "stuck"  # the charge does not pause, and phases are not changed under current


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseMemory:
    """Monotonic instants in seconds; None = never, or not running.

    Args:
        used: on how many phases the charger was told to charge; None = nothing was said, so on
            all that are wired.
        goal: to how many it is being changed; None = no change is on its way.
        stage_mono_s: since when it pauses for a change, or rests after it.
        since_mono_s: when `used` last changed.
        proven: its own phases on which current was seen since then; empty = not proven.
        flow_mono_s: since when current flows that does not prove `used`.
        car: how many phases the car uses of all of them; None = not seen yet.
        ceiling_a: the most that the car was seen to take on one phase of what it was offered.
        idle_mono_s: since when it is offered current and takes none; it stays while nothing is
            offered.
        few_mono_s, many_mono_s: since when the power is one for one phase, or for all of them.
        kept: why the phases are left alone until the car leaves; None = they are not.
        switched_s: Unix times of the changes of the last 24 h; switched_mono_s: the same by the
            other clock, which nobody sets, as far as they were made since the machine started.
    """

    used: int | None = None
    goal: int | None = None
    stage_mono_s: float | None = None
    since_mono_s: float | None = None
    proven: tuple[int, ...] = ()
    flow_mono_s: float | None = None
    car: int | None = None
    ceiling_a: float | None = None
    idle_mono_s: float | None = None
    few_mono_s: float | None = None
    many_mono_s: float | None = None
    kept: Kept | None = None
    switched_s: tuple[float, ...] = ()
    switched_mono_s: tuple[float, ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether it was told another number of phases, and no current has proven it yet."""
        return self.used is not None and not self.proven

    def idle(self, now_mono_s: float) -> bool:
        """Whether the car was seen to take nothing of what it was offered."""
        return self.idle_mono_s is not None and now_mono_s - self.idle_mono_s >= IDLE_S

    def switched(self, phases: int, now: Now) -> "PhaseMemory":
        """Told to charge on so many phases from now on."""
        unix_s = now.at.timestamp()
        return replace(
            self,
            used=phases,
            stage_mono_s=now.mono_s,
            since_mono_s=now.mono_s,
            proven=(),
            flow_mono_s=None,
            switched_s=(*_lately(self.switched_s, unix_s), unix_s),
            switched_mono_s=(*_lately(self.switched_mono_s, now.mono_s), now.mono_s),
        )

    def changes(self, now: Now) -> int:
        """How many there were in the last 24 h, by the clock that knows of more: one was set."""
        by_wall = _lately(self.switched_s, now.at.timestamp())
        return max(len(by_wall), len(_lately(self.switched_mono_s, now.mono_s)))

    def parted(self) -> "PhaseMemory":
        """The same without the car; what its contactor was seen to do stays true."""
        return PhaseMemory(
            used=self.used,
            since_mono_s=self.since_mono_s,
            proven=self.proven,
            switched_s=self.switched_s,
            switched_mono_s=self.switched_mono_s,
        )

    def waiting(self) -> "PhaseMemory":
        """The same while nobody can steer the charger: what was about to change does not."""
        return replace(
            self,
            goal=None,
            stage_mono_s=None,
            flow_mono_s=None,
            few_mono_s=None,
            many_mono_s=None,
        )

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    @classmethod
    def from_json(cls, row: Mapping[str, Any], *, same_boot: bool) -> "PhaseMemory":
        """Read what to_json wrote; unknown keys of another version are ignored.

        Args:
            same_boot: whether monotonic instants still mean anything; else timers start anew.
        """
        known = {k: v for k, v in row.items() if k in (_FIELDS if same_boot else _LASTING)}
        for name in ("proven", "switched_s", "switched_mono_s"):
            known[name] = tuple(known.get(name, ()))
        kept = known.get("kept")
        known["kept"] = Kept(kept) if kept in set(Kept) else None
        if known.get("goal") != known.get("used"):
            known |= {"goal": None, "stage_mono_s": None}  # who paused it was away: it pauses anew
        return cls(**known)


def _lately(instants_s: tuple[float, ...], now_s: float) -> tuple[float, ...]:
    """Those of the last 24 h; those of a clock that was ahead count too."""
    return tuple(each for each in instants_s if abs(now_s - each) < DAY_S)


_FIELDS = tuple(field.name for field in fields(PhaseMemory))
_LASTING = ("used", "car", "ceiling_a", "kept", "switched_s")
"""What means something after the machine was restarted; `proven` has to be seen again."""

NOTHING_SAID = PhaseMemory()
