"""Settings that are right one by one and cannot be true together. None of them is repaired."""

import difflib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.houses import Make, makes_of
from agent.config.models import ChargerSettings, Settings
from agent.config.quantities import number_trouble
from agent.config.shape import bare, field_at
from agent.config.tree import Tree, Where
from agent.model.intents import ChargerMode
from agent.model.readings import DeviceKind
from agent.model.units import MIN_CHARGE_CURRENT_A
from drivers.modbus.config import ModbusConfig
from drivers.modbus.maps import known_models

LONGEST_SOCKET_PATH = 107
"""sun_path of unix(7) without its closing zero."""


@dataclass(slots=True)
class House:
    """The settings, and what the device models say about them.

    Args:
        files: device model -> its file; empty when the folder of models is wrong.
        makes: device model -> what it is made of, for the models in use.
        devices: device id -> its kind, without the chargers.
    """

    settings: Settings
    tree: Tree
    files: dict[str, Path] = field(default_factory=dict)
    makes: dict[str, Make] = field(default_factory=dict)
    devices: dict[str, DeviceKind] = field(default_factory=dict)

    @property
    def uncertain(self) -> list[str]:
        """Ids that may or may not be meters, since their device model is not known."""
        written = self.tree.get(("devices",)) or {}
        known = {name for name, d in self.settings.devices.items() if d.driver in self.makes}
        return [part for name in written if name not in known for part in (name, f"{name}_meter")]

    @property
    def meters(self) -> list[str]:
        return [name for name, kind in self.devices.items() if kind is DeviceKind.METER]


def survey(settings: Settings, tree: Tree) -> House:
    """Look up the device models in use."""
    house = House(settings, tree)
    own = settings.maps_folder
    house.files = dict(known_models([own] if own is not None and own.is_dir() else []))
    house.makes = makes_of((d.driver for d in settings.devices.values()), house.files)
    for name, config in settings.devices.items():
        if config.driver in house.makes:
            house.devices |= house.makes[config.driver].devices(name, config)
    return house


def contradictions(house: House) -> Iterator[Fault]:
    """Every contradiction, in no particular order."""
    for rule in RULES:
        yield from rule(house)


def _files(house: House) -> Iterator[Fault]:
    paths: dict[Where, Path | str | None] = {
        ("ocpp", key): getattr(house.settings.ocpp, key) for key in ("tls_certificate", "tls_key")
    }
    if house.settings.mqtt:
        keys = ("tls_ca", "tls_certificate", "tls_key")
        paths |= {("mqtt", key): getattr(house.settings.mqtt, key) for key in keys}
    for where, path in paths.items():
        if path is not None and (wrong := _unreadable(Path(path))):
            yield fault(house.tree, where, path, *wrong)


def _unreadable(path: Path) -> tuple[str, str] | None:
    try:
        if not path.exists():
            return "there is no such file", "put the file there, or correct the path"
        if path.is_dir():
            return "this is a folder", "name the file in it"
        if os.access(path, os.R_OK):
            return None
    except OSError:
        pass
    return "Hearth may not read it", "let the user that Hearth runs as read it"


def _folders(house: House) -> Iterator[Fault]:
    maps, store = house.settings.maps_folder, house.settings.store.path
    if maps is not None and not maps.is_dir():
        wrong = "this is a file" if maps.exists() else "there is no such folder"
        yield fault(house.tree, ("maps_folder",), maps, wrong, "create it, or delete the line")
    if store.is_dir():
        remedy = f"name a file in it, e.g. {store / 'hearth.db'}"
        yield fault(house.tree, ("store", "path"), store, "this is a folder", remedy)
    socket = house.settings.socket_path
    if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
        wrong = f"the socket {socket} has a path of more than {LONGEST_SOCKET_PATH} characters"
        remedy = "set api.socket to a shorter one"
        yield fault(house.tree, ("api", "socket"), None, wrong, remedy)


def _fuse(house: House) -> Iterator[Fault]:
    at = house.settings.house
    left_a = at.fuse_a - at.fuse_margin_a
    if left_a < MIN_CHARGE_CURRENT_A:
        wrong = f"it leaves {left_a:g} A of the fuse, and no car charges below 6 A"
        most_a = at.fuse_a - MIN_CHARGE_CURRENT_A
        where = ("house", "fuse_margin_a")
        yield fault(house.tree, where, f"{at.fuse_margin_a:g}", wrong, f"write at most {most_a:g}")
    for name, charger in house.settings.chargers.items():
        where = ("chargers", name)
        if charger.phases > at.phases:
            wrong = f"the house has {_phases(at.phases)} (house.phases)"
            yield fault(house.tree, (*where, "phases"), charger.phases, wrong, _PHASES_REMEDY)
        for key in ("min_current_a", "fallback_current_a"):
            current_a = getattr(charger, key)
            if left_a >= MIN_CHARGE_CURRENT_A and current_a > left_a:
                wrong = f"the main fuse leaves {left_a:g} A (house.fuse_a less fuse_margin_a)"
                remedy = f"write at most {left_a:g}"
                yield fault(house.tree, (*where, key), f"{current_a:g}", wrong, remedy)


_PHASES_REMEDY = "write phases: 1 for this charger, or correct house.phases"


def _phases(count: int) -> str:
    return "1 phase" if count == 1 else f"{count} phases"


def _chargers(house: House) -> Iterator[Fault]:
    sockets: dict[tuple[str, int], str] = {}
    boxes: dict[str, tuple[str, ChargerSettings]] = {}
    for name, charger in house.settings.chargers.items():
        where = ("chargers", name)
        key = (charger.identity, charger.connector)
        if key in sockets:
            wrong = f"connector {charger.connector} of it is already {sockets[key]}"
            remedy = "give each charger its own identity, or each socket of a box its connector"
            yield fault(house.tree, (*where, "identity"), charger.identity, wrong, remedy)
        other, first = boxes.setdefault(charger.identity, (name, charger))
        if first.password != charger.password:
            wrong = f"not the password of {other}, and both are sockets of one box"
            remedy = "give both the same one, or none"
            yield fault(house.tree, (*where, "password"), None, wrong, remedy)
        sockets.setdefault(key, name)


def _solar(house: House) -> Iterator[Fault]:
    for name, charger in house.settings.chargers.items():
        needs = charger.mode in (ChargerMode.SOLAR, ChargerMode.MIN_SOLAR)
        if needs and not house.uncertain and not house.meters:
            wrong = "without a grid meter nobody can see a surplus"
            remedy = "add the meter under devices, or write mode: fast"
            yield fault(house.tree, ("chargers", name, "mode"), charger.mode, wrong, remedy)


def _names(house: House) -> Iterator[Fault]:
    owners: dict[str, str] = {name: f"charger {name}" for name in house.settings.chargers}
    for name, config in house.settings.devices.items():
        if name in house.settings.chargers:
            wrong = "a charger has this name too"
            yield fault(house.tree, ("devices", name), None, wrong, "rename one of the two")
        owners.setdefault(name, f"device {name}")
        make = house.makes.get(config.driver)
        for part in make.devices(name, config) if make else ():
            taken = part in house.settings.devices or part in house.settings.chargers
            if part != name and taken:
                kind = part.removeprefix(f"{name}_")
                wrong = f"its {kind} is called {part}, and so is the {owners.get(part, 'device')}"
                remedy = f"rename one of the two, or leave {kind} out of parts"
                yield fault(house.tree, ("devices", name), None, wrong, remedy)


def _grid_meter(house: House) -> Iterator[Fault]:
    chosen, where = house.settings.house.grid_meter, ("house", "grid_meter")
    if chosen is None:
        if not house.uncertain and len(house.meters) > 1:
            some = ", ".join(house.meters)
            wrong = f"grid_meter is missing, and there are several meters: {some}"
            remedy = f"add grid_meter: {house.meters[0]}, or another of them"
            yield fault(house.tree, ("house",), None, wrong, remedy)
    elif chosen in house.devices:
        kind = house.devices[chosen]
        if kind is not DeviceKind.METER:
            article = "an" if kind is DeviceKind.INVERTER else "a"
            wrong = f"that is no meter but {article} {kind}"
            yield fault(house.tree, where, chosen, wrong, _one_of(chosen, house.meters))
    elif chosen in house.settings.chargers:
        remedy = _one_of(chosen, house.meters)
        yield fault(house.tree, where, chosen, "that is no meter but a charger", remedy)
    elif chosen not in house.uncertain:
        remedy = _one_of(chosen, house.meters + house.uncertain)
        yield fault(house.tree, where, chosen, "there is no such device", remedy)


def _one_of(chosen: str, meters: list[str]) -> str:
    near = difflib.get_close_matches(chosen, meters, n=1)
    if near:
        return f"did you mean {near[0]}?"
    if meters:
        return f"write one of {', '.join(meters)}"
    return "add the meter under devices, or delete the line"


def _drivers(house: House) -> Iterator[Fault]:
    for name, config in house.settings.devices.items():
        where = ("devices", name)
        if config.driver not in house.files:
            known = sorted(house.files)
            near = difflib.get_close_matches(config.driver.lower(), known, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            wrong = "there is no such device model"
            yield fault(house.tree, (*where, "driver"), config.driver, wrong, remedy)
        elif config.driver in house.makes:
            yield from _parts(house, where, config, house.makes[config.driver])


def _parts(house: House, where: Where, config: ModbusConfig, make: Make) -> Iterator[Fault]:
    absent = [part for part in config.parts or () if DeviceKind(part) not in make.parts]
    there = ", ".join(sorted(make.parts))
    if absent:
        wrong = f"{config.driver} has no {absent[0]}"
        shown = ", ".join(config.parts or ())
        yield fault(house.tree, (*where, "parts"), shown, wrong, f"choose from {there}")
    wanted = make.parts if config.parts is None else {DeviceKind(part) for part in config.parts}
    if (
        "control" in config.model_fields_set
        and config.control
        and DeviceKind.BATTERY not in wanted & make.parts
    ):
        wrong = f"{config.driver} has no battery here, and nothing else can be controlled"
        yield fault(house.tree, (*where, "control"), "true", wrong, "delete the line")


def _endpoints(house: House) -> Iterator[Fault]:
    first: dict[str, tuple[str, ModbusConfig]] = {}
    same: dict[tuple[object, ...], str] = {}
    for name, config in house.settings.devices.items():
        where = ("devices", name)
        endpoint = config.serial or f"{str(config.host).lower()}:{config.port or 502}"
        other, shared = first.setdefault(endpoint, (name, config))
        for key in ("framer", "baudrate", "parity"):
            ours, theirs = getattr(config, key), getattr(shared, key)
            if ours != theirs and None not in (ours, theirs):
                wrong = f"{other} at the same {endpoint} has {theirs}, and they share one line"
                yield fault(house.tree, (*where, key), ours, wrong, "write the same for both")
        twin = (endpoint, config.driver, config.unit, tuple(config.units.items()), config.parts)
        if twin in same:
            wrong = f"it is the same device as {same[twin]}: same driver, address and unit"
            remedy = "delete one of the two, or give each its own unit"
            yield fault(house.tree, where, None, wrong, remedy)
        same.setdefault(twin, name)


def _numbers(house: House) -> Iterator[Fault]:
    for where in house.tree.marks:
        text, setting = house.tree.get(where), field_at(where)
        is_float = setting is not None and bare(setting.annotation) is float
        if is_float and str(text).strip(" +-").lower() in _NO_NUMBERS:
            yield fault(house.tree, where, text, *number_trouble("", text, whole=False))


_NO_NUMBERS = ("inf", "infinity", "nan")


RULES: tuple[Callable[[House], Iterator[Fault]], ...] = (
    _numbers,
    _files, _folders, _fuse, _chargers, _solar, _names, _grid_meter, _drivers, _endpoints,
)  # fmt: skip
