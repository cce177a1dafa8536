"""Which devices the file's words stand for: a hybrid inverter is up to three of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from agent.model.readings import DeviceKind
from drivers.modbus.config import ModbusConfig

_CLASS = re.compile(r"^class:\s*(\w+)", re.MULTILINE)
_ROLE = re.compile(r"\brole:\s*(\w+)")
_KINDS = MappingProxyType({"meter": DeviceKind.METER, "battery": DeviceKind.BATTERY})
_PARTS = MappingProxyType(
    {
        "grid": DeviceKind.METER,
        "inverter": DeviceKind.INVERTER,
        "pv": DeviceKind.INVERTER,
        "battery": DeviceKind.BATTERY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """What a device model is made of.

    Args:
        kind: what the device of that name is; other parts are called NAME_battery, NAME_meter.
    """

    kind: DeviceKind
    parts: frozenset[DeviceKind]

    def devices(self, name: str, config: ModbusConfig) -> Mapping[str, DeviceKind]:
        """The ids of the devices that one entry of the file stands for."""
        wanted = self.parts if config.parts is None else {DeviceKind(part) for part in config.parts}
        return {
            name if kind is self.kind else f"{name}_{kind}": kind
            for kind in sorted(wanted & self.parts)
        }


def makes_of(wanted: Iterable[str], files: Mapping[str, Path]) -> dict[str, Make]:
    """What the device models `wanted` are made of, without reading them in full.

    Their own faults are found where they are read; a file that cannot be read is left out.
    """
    found = {}
    for driver in set(wanted) & set(files):
        try:
            text = files[driver].read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        of = _CLASS.search(text)
        kind = _KINDS.get(of[1] if of else "", DeviceKind.INVERTER)
        parts = {_PARTS[role] for role in _ROLE.findall(text) if role in _PARTS}
        found[driver] = Make(kind=kind, parts=frozenset(parts))
    return found
