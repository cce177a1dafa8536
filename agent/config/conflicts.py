"""Contradictions of the house, its files and its chargers."""

import os
from collections.abc import Iterator
from pathlib import Path

from agent.config.charger import ChargerSettings
from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.quantities import number_trouble
from agent.config.shape import bare, field_at
from agent.config.survey import House
from agent.config.tree import Where
from agent.model.intents import ChargerMode
from agent.model.units import MIN_CHARGE_CURRENT_A

LONGEST_SOCKET_PATH = 107
"""sun_path of unix(7) without its closing zero."""

_NO_NUMBERS = ("inf", "infinity", "nan")
_PHASES_REMEDY = "write phases: 1 for this charger, or correct house.phases"


def files(house: House) -> Iterator[Fault]:
    paths: dict[Where, Path | str | None] = {
        ("ocpp", key): getattr(house.settings.ocpp, key) for key in ("tls_certificate", "tls_key")
    }
    brokers = {"mqtt": house.settings.mqtt, "cloud": house.settings.cloud}
    for group, broker in brokers.items():
        keys = () if broker is None else ("tls_ca", "tls_certificate", "tls_key")
        paths |= {(group, key): getattr(broker, key) for key in keys}
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


def folders(house: House) -> Iterator[Fault]:
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


def fuse(house: House) -> Iterator[Fault]:
    at = house.settings.house
    if not house.sure(("house",), "fuse_a", "fuse_margin_a", "phases"):
        return
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


def _phases(count: int) -> str:
    return "1 phase" if count == 1 else f"{count} phases"


def chargers(house: House) -> Iterator[Fault]:
    sockets: dict[tuple[str, int], str] = {}
    boxes: dict[str, tuple[str, ChargerSettings]] = {}
    for name, charger in house.settings.chargers.items():
        where = ("chargers", name)
        if not house.sure(where, "identity", "connector", "password"):
            continue
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


def solar(house: House) -> Iterator[Fault]:
    for name, charger in house.settings.chargers.items():
        needs = charger.mode in (ChargerMode.SOLAR, ChargerMode.MIN_SOLAR)
        if needs and not house.uncertain and not house.meters:
            wrong = "without a grid meter nobody can see a surplus"
            remedy = "add the meter under devices, or write mode: fast"
            yield fault(house.tree, ("chargers", name, "mode"), charger.mode, wrong, remedy)


def numbers(house: House) -> Iterator[Fault]:
    for where in house.tree.marks:
        text, setting = house.tree.get(where), field_at(where)
        is_float = setting is not None and bare(setting.annotation) is float
        if is_float and str(text).strip(" +-").lower() in _NO_NUMBERS:
            yield fault(house.tree, where, text, *number_trouble("", text, whole=False))
