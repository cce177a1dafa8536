"""The house that the settings describe: which devices there are, by the device models in use."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config.faults import Fault
from agent.config.models import Settings
from agent.config.tree import Tree, Where
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind

if TYPE_CHECKING:
    from drivers.modbus.model import DeviceModel
    from drivers.modbus.yaml_nodes import MapFault


@dataclass(slots=True)
class House:
    """The settings, and what the device models say about them.

    Args:
        left_out: what was wrong by itself; there a default or an example stands in its place.
        files: device model -> its file.
        models: the device models in use that can be read; `faults` are those of the others.
        parts: entry under devices -> what the house sees of it.
    """

    settings: Settings
    tree: Tree
    left_out: frozenset[Where] = frozenset()
    files: dict[str, Path] = field(default_factory=dict)
    models: "dict[str, DeviceModel]" = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    parts: dict[str, list[DeviceInfo]] = field(default_factory=dict)

    @property
    def devices(self) -> dict[str, DeviceKind]:
        """Device id -> its kind, without the chargers."""
        return {info.id: info.kind for infos in self.parts.values() for info in infos}

    @property
    def uncertain(self) -> list[str]:
        """Ids that may or may not be meters, since their device model is not known."""
        group = self.tree.get(("devices",))
        written = group if isinstance(group, dict) else {}
        unknown = [name for name in written if name not in self.parts]
        return [part for name in unknown for part in (name, f"{name}_meter")]

    def sure(self, group: Where, *keys: str) -> bool:
        """Whether these settings are the installer's own, or defaults that he left alone."""
        return not any((*group, key) in self.left_out for key in keys)

    @property
    def meters(self) -> list[str]:
        return [name for name, kind in self.devices.items() if kind is DeviceKind.METER]


def survey(settings: Settings, tree: Tree, left_out: frozenset[Where] = frozenset()) -> House:
    """Look up the device models in use; without devices, their reader is not even imported."""
    house = House(settings, tree, left_out)
    if settings.devices:
        _look_up(house)
    return house


def _look_up(house: House) -> None:
    from drivers.modbus.maps import MapError, known_models, load_models
    from drivers.modbus.parts import device_infos

    settings = house.settings
    own = settings.maps_folder
    folders = [own] if own is not None and own.is_dir() else []
    house.files = dict(known_models(folders))
    for driver in sorted({device.driver for device in settings.devices.values()}):
        if driver in house.files:
            try:
                house.models |= load_models(folders, [driver])
            except MapError as error:
                house.faults += [_as_fault(each) for each in error.faults]
    for name, config in settings.devices.items():
        if config.driver in house.models:
            house.parts[name] = device_infos(name, config, house.models[config.driver])


def _as_fault(fault: "MapFault") -> Fault:
    """A fault of a device model: `[setting[ is VALUE]: ]what is wrong[; remedy]`."""
    setting, _, rest = fault.text.rpartition(": ")
    wrong, _, remedy = rest.partition("; ")
    return Fault(
        file=fault.file,
        line=fault.line or None,
        setting=setting or "the device model",
        value=None,
        wrong=wrong,
        remedy=remedy or "see docs/modbus-maps.md",
    )
