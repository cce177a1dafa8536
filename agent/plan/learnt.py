"""What devices have declined at run time, and plans therefore do not count on. Pure.

A refusal is remembered for a day, and not over a restart of Hearth: what a device declines is
often a switch in its own settings (remote control, charging from the grid), which somebody turns
without telling Hearth. To try once a day costs one write; never to try again would cost all that
the device can do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.nothing import nothing
from agent.model.readings import BatteryMode, BatteryReading, DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import BatteryTarget, InverterTarget, Target
from agent.plan.settings import PlanSettings

TRIED_AGAIN_AFTER_S: Final = 86_400.0

_WORDS: Final[Mapping[BatteryMode | None, str]] = MappingProxyType(
    {
        BatteryMode.IDLE: "holding",
        BatteryMode.IMPORT_FOCUS: "being charged from the grid",
        BatteryMode.EXPORT_FOCUS: "giving a power that Hearth sets",
        BatteryMode.TIME_OF_USE: "following times of its own",
        None: "being turned down",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """
    Args:
        mode: of a battery; None = an inverter was to give less.
        sentence: the device's own.
    """

    device: DeviceId
    mode: BatteryMode | None
    sentence: str
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The refusals of the last day, each by device and mode."""

    refusals: Mapping[tuple[DeviceId, BatteryMode | None], Refusal] = field(default_factory=nothing)

    def refused(self, target: Target, sentence: str, now: Now) -> "Learnt":
        """A device said no to what it was thought able to do. That it regulates itself, or gives
        all it has, is nothing that plans could do without."""
        match target:
            case BatteryTarget(mode=mode) if mode is not BatteryMode.SELF_RELIANCE:
                declined: BatteryMode | None = mode
            case InverterTarget(max_power_w=power_w) if power_w is not None:
                declined = None
            case _:
                return self
        refusal = Refusal(
            device=target.device, mode=declined, sentence=sentence, at_mono_s=now.mono_s
        )
        return self._with({**self.refusals, (target.device, declined): refusal})

    def step(self, snapshot: Snapshot, now: Now) -> "Learnt":
        """Without what is a day old, or was seen to work since."""
        kept = {
            key: each
            for key, each in self.refusals.items()
            if now.mono_s - each.at_mono_s < TRIED_AGAIN_AFTER_S and not _works(each, snapshot)
        }
        return self if len(kept) == len(self.refusals) else self._with(kept)

    def able(self, settings: PlanSettings) -> PlanSettings:
        """The settings, devices without what they declined."""
        if not self.refusals:
            return settings
        return replace(settings, devices=tuple(self._able(settings.devices)))

    def shortcomings(self) -> Iterator[tuple[DeviceId, str]]:
        """Each with what it is that plans do without, and why."""
        for each in self.refusals.values():
            said = (
                each.sentence if each.device in each.sentence else f"{each.device}: {each.sentence}"
            )
            says = f"{said}; for a day plans do not count on its {_WORDS[each.mode]}"
            yield each.device, f"{says}. A restart of Hearth tries it at once"

    def _able(self, devices: Iterable[DeviceInfo]) -> Iterator[DeviceInfo]:
        for info in devices:
            lost = {mode for device, mode in self.refusals if device == info.id}
            if not lost:
                yield info
                continue
            modes = tuple(mode for mode in info.battery_modes if mode not in lost)
            yield replace(info, battery_modes=modes, limitable=info.limitable and None not in lost)

    def _with(self, refusals: Mapping[tuple[DeviceId, BatteryMode | None], Refusal]) -> "Learnt":
        return Learnt(refusals=MappingProxyType(refusals))


NOTHING_LEARNT: Final = Learnt()


def _works(refusal: Refusal, snapshot: Snapshot) -> bool:
    seen = snapshot.get(refusal.device)
    return (
        seen is not None
        and isinstance(seen.value, BatteryReading)
        and seen.value.operation_mode == refusal.mode
        and seen.said_after("operation_mode", refusal.at_mono_s)
    )
