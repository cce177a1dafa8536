"""The house that the settings describe: which devices there are, by the device models in use."""

from dataclasses import dataclass, field
from pathlib import Path

from agent.config.houses import Make, makes_of
from agent.config.models import Settings
from agent.config.tree import Tree, Where
from agent.model.readings import DeviceKind
from drivers.modbus.maps import known_models


@dataclass(slots=True)
class House:
    """The settings, and what the device models say about them.

    Args:
        left_out: what was wrong by itself; there a default or an example stands in its place.
        files: device model -> its file; empty when the folder of models is wrong.
        makes: device model -> what it is made of, for the models in use.
        devices: device id -> its kind, without the chargers.
    """

    settings: Settings
    tree: Tree
    left_out: frozenset[Where] = frozenset()
    files: dict[str, Path] = field(default_factory=dict)
    makes: dict[str, Make] = field(default_factory=dict)
    devices: dict[str, DeviceKind] = field(default_factory=dict)

    @property
    def uncertain(self) -> list[str]:
        """Ids that may or may not be meters, since their device model is not known."""
        group = self.tree.get(("devices",))
        written = group if isinstance(group, dict) else {}
        known = {name for name, d in self.settings.devices.items() if d.driver in self.makes}
        return [part for name in written if name not in known for part in (name, f"{name}_meter")]

    def sure(self, group: Where, *keys: str) -> bool:
        """Whether these settings are the installer's own, or defaults that he left alone."""
        return not any((*group, key) in self.left_out for key in keys)

    @property
    def meters(self) -> list[str]:
        return [name for name, kind in self.devices.items() if kind is DeviceKind.METER]


def survey(settings: Settings, tree: Tree, left_out: frozenset[Where] = frozenset()) -> House:
    """Look up the device models in use."""
    house = House(settings, tree, left_out)
    own = settings.maps_folder
    house.files = dict(known_models([own] if own is not None and own.is_dir() else []))
    house.makes = makes_of((d.driver for d in settings.devices.values()), house.files)
    for name, config in settings.devices.items():
        if config.driver in house.makes:
            house.devices |= house.makes[config.driver].devices(name, config)
    return house
