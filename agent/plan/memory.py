"""What planners must remember from one tick to the next; a frozen value, saved with the ledger."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any

from agent.model.nothing import nothing
from agent.model.readings import DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerMemory:
    """Monotonic instants in seconds; None = not running.

    Args:
        limit_a: per phase, what we let it have now; None = nothing decided yet, 0 = paused.
        changed_mono_s: when limit_a last changed.
        surplus_since_mono_s, deficit_since_mono_s: how long the sun has been enough, or not.
        said: the reason code and state that the journal last told.
    """

    limit_a: float | None = None
    changed_mono_s: float | None = None
    surplus_since_mono_s: float | None = None
    deficit_since_mono_s: float | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterMemory:
    """For telling a frozen meter: its last values, since when, and the chargers' power then."""

    values: tuple[float | None, ...] = ()
    since_mono_s: float = 0.0
    chargers_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    chargers: Mapping[DeviceId, ChargerMemory] = field(default_factory=nothing)
    meter: MeterMemory | None = None
    said: Mapping[DeviceId, str] = field(default_factory=nothing)

    def to_json(self) -> dict[str, Any]:
        return {
            "chargers": {device: asdict(memory) for device, memory in self.chargers.items()},
            "said": dict(self.said),
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any], *, same_boot: bool) -> "Memory":
        """Read what to_json wrote; unknown keys of another version are ignored.

        Args:
            same_boot: whether monotonic instants still mean anything; else timers start anew.
        """
        names = {f.name for f in fields(ChargerMemory)}
        chargers = {}
        for device, row in tree.get("chargers", {}).items():
            known = {k: v for k, v in row.items() if k in names}
            if not same_boot:
                known = {k: v for k, v in known.items() if not k.endswith("_mono_s")}
            chargers[DeviceId(device)] = ChargerMemory(**known)
        said = {DeviceId(device): text for device, text in tree.get("said", {}).items()}
        return cls(chargers=MappingProxyType(chargers), said=MappingProxyType(said))
