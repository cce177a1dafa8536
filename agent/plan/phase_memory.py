"""What is remembered of one charger that can change between one phase and all of its phases."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

DAY_S = 86_400.0


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
        few_mono_s, many_mono_s: since when the power is one for one phase, or for all of them.
        kept: why the phases are left alone until the car leaves; None = they are not.
        switched_s: Unix times of the changes of the last 24 h.
    """

    used: int | None = None
    goal: int | None = None
    stage_mono_s: float | None = None
    since_mono_s: float | None = None
    proven: tuple[int, ...] = ()
    flow_mono_s: float | None = None
    car: int | None = None
    ceiling_a: float | None = None
    few_mono_s: float | None = None
    many_mono_s: float | None = None
    kept: Kept | None = None
    switched_s: tuple[float, ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether it was told another number of phases, and no current has proven it yet."""
        return self.used is not None and not self.proven

    def switched(self, phases: int, now_mono_s: float, unix_s: float) -> "PhaseMemory":
        """Told to charge on so many phases from now on."""
        return replace(
            self,
            used=phases,
            stage_mono_s=now_mono_s,
            since_mono_s=now_mono_s,
            proven=(),
            flow_mono_s=None,
            switched_s=(*self.lately(unix_s), unix_s),
        )

    def lately(self, unix_s: float) -> tuple[float, ...]:
        """The changes of the last 24 h; those of a clock that was ahead count too."""
        return tuple(each for each in self.switched_s if abs(unix_s - each) < DAY_S)

    def parted(self) -> "PhaseMemory":
        """The same without the car; what its contactor was seen to do stays true."""
        return PhaseMemory(
            used=self.used,
            since_mono_s=self.since_mono_s,
            proven=self.proven,
            switched_s=self.switched_s,
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
        for name in ("proven", "switched_s"):
            known[name] = tuple(known.get(name, ()))
        kept = known.get("kept")
        known["kept"] = Kept(kept) if kept in set(Kept) else None
        return cls(**known)


_FIELDS = tuple(field.name for field in fields(PhaseMemory))
_LASTING = ("used", "car", "ceiling_a", "kept", "switched_s")
"""What means something after the machine was restarted; `proven` has to be seen again."""

NOTHING_SAID = PhaseMemory()
