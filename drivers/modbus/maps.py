"""Device maps: which there are, and from a YAML file to a DeviceModel.

Hearth's own maps stand in `devices/`; a folder of the installer's own may add models or replace
one of the same id. The file's name is the model's id, so only the files of models that the
house really has are opened.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from drivers.modbus import map_parts as parts
from drivers.modbus.map_checks import check_model, polled
from drivers.modbus.model import DeviceModel, WordOrder
from drivers.modbus.yaml_nodes import MapFault, Section, did_you_mean, read_section

log = logging.getLogger(__name__)

OWN_FOLDER = Path(__file__).parent / "devices"

_CLASSES = ["meter", "inverter", "hybrid_inverter", "battery", "gateway", "profile"]
_UNUSED = ("schema", "sources", "confidence", "unverified", "discovery", "scaling")


class MapError(Exception):
    """Device maps that cannot be used; the message has one line per fault."""

    def __init__(self, faults: Sequence[MapFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def known_models(folders: Iterable[Path] = ()) -> Mapping[str, Path]:
    """Return the file of each model id; a later folder replaces Hearth's own.

    Raises:
        MapError: a folder does not exist.
    """
    found = {path.stem: path for path in sorted(OWN_FOLDER.glob("*.yaml"))}
    for folder in folders:
        if not folder.is_dir():
            raise MapError([MapFault(str(folder), 0, "there is no such folder; create it")])
        for path in sorted(folder.glob("*.yaml")):
            if path.stem in found:
                log.info("device model %s is read from %s", path.stem, path)
            found[path.stem] = path
    return found


def load_models(
    folders: Iterable[Path] = (), wanted: Iterable[str] | None = None
) -> Mapping[str, DeviceModel]:
    """Read the maps of the `wanted` models, or all.

    Raises:
        MapError: with all faults of all files.
    """
    known = known_models(folders)
    names = sorted(known if wanted is None else set(wanted))
    faults: list[MapFault] = []
    models = {}
    for name in names:
        path = known.get(name)
        if path is None:
            hint = did_you_mean(name, known) or f"; there are {', '.join(sorted(known))}"
            faults.append(MapFault(f"{name}.yaml", 0, f"there is no device model {name}{hint}"))
            continue
        model = read_model(_text(path, faults), str(path), faults)
        if model is not None:
            models[name] = model
    if faults:
        raise MapError(faults)
    return MappingProxyType(models)


def read_model(text: str, file: str, faults: list[MapFault]) -> DeviceModel | None:
    """Read one map; faults are appended, and there is no model when there are any."""
    before = len(faults)
    section = read_section(text, file, faults) if text else None
    if section is None:
        return None
    model = _model(section)
    if model.id and model.id != Path(file).stem:
        section.at("id", f"it must be the file's name, {Path(file).stem}; rename one of the two")
    if len(faults) == before:
        check_model(model, section)
    return polled(model) if len(faults) == before else None


def _text(path: Path, faults: list[MapFault]) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(MapFault(str(path), 1, f"the file cannot be read: {error}"))
        return ""
    if not text.strip():
        faults.append(MapFault(str(path), 1, "the file is empty; see docs/modbus-maps.md"))
    return text.strip() and text


def _model(s: Section) -> DeviceModel:
    order = WordOrder(s.choice("word_order", parts.ORDERS, str(WordOrder.HIGH_FIRST)))
    device_class = s.choice("class", _CLASSES)
    read, write = _functions(s.section("functions"))
    sunspec = s.section("sunspec")
    bases = () if sunspec is None else sunspec.wholes("base_addresses")
    if sunspec is not None:
        sunspec.finish("note")
    model = DeviceModel(
        id=s.text("id", required=True),
        vendor=s.text("vendor", required=True),
        title=s.text("title") or s.text("vendor"),
        models=s.texts("models"),
        device_class=device_class,
        unit_ids=_unit_ids(s.section("unit_id")),
        word_order=order,
        read_functions=read,
        write_functions=write,
        limits=parts.limits(s.section("limits")),
        sunspec=sunspec is not None,
        sunspec_bases=bases,
        blocks=tuple(parts.block(x, order) for x in s.sections("blocks")),
        forbidden=tuple(parts.block(x, order) for x in s.sections("forbidden")),
        identify=tuple(parts.identify(x, order) for x in s.sections("identify")),
        registers=tuple(parts.register(x, order) for x in s.sections("registers")),
        derived=tuple(parts.derived(x, order) for x in s.sections("derived")),
        guards=tuple(parts.guard(x, order) for x in s.sections("guards")),
        watchdog=parts.watchdog(s.section("watchdog")),
        modes=MappingProxyType(parts.modes(s.section("modes"))),
        production_limit=parts.production_limit(s.section("production_limit")),
        quirks=s.texts("quirks"),
        prerequisites=s.texts("prerequisites"),
        file=s.file,
    )
    model = parts.resolved(_with_transport(_with_commands(model, s), s))
    s.finish(*_UNUSED)
    return model


def _with_commands(model: DeviceModel, s: Section) -> DeviceModel:
    section = s.section("commands")
    named = [] if section is None else section.children()
    commands = {name: parts.command(name, child) for name, child in named}
    return replace(model, commands=MappingProxyType(commands))


def _with_transport(model: DeviceModel, s: Section) -> DeviceModel:
    """The first network transport gives port and framer, the first serial one speed and parity."""
    for t in s.sections("transports"):
        kind = t.choice("kind", ["tcp", "rtu", "udp", "solarman_v5"])
        framer = t.choice("framer", ["socket", "rtu"], "rtu" if kind == "rtu" else "socket")
        port, speed = t.whole("port", 502, low=1), t.whole("baudrate", 9600, low=300, high=115200)
        form = t.choice("format", ["8N1", "8E1", "8O1", "8N2"], "8N1")
        t.finish("note")
        if kind == "tcp":
            model = replace(model, default_port=port, framer=framer)
        elif kind == "rtu":
            model = replace(model, baudrate=speed, parity=form[1])
    return model


def _functions(section: Section | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if section is None:
        return (3, 4), (6, 16)
    found = section.wholes("read"), section.wholes("write")
    section.finish("note")
    return found


def _unit_ids(section: Section | None) -> Mapping[str, int | None]:
    """Named unit ids; a group without a number has none until the installer says it."""
    if section is None:
        return MappingProxyType({"default": 1})
    known, groups = section.section("known"), section.section("groups")
    named: dict[str, int | None] = {"default": section.whole("default", 1, high=255)}
    for group in (known, groups):
        if group is not None:
            named |= {name: group.whole(name, None, high=255) for name in group.nodes}
    for name in section.nodes:
        if name not in {"default", "known", "groups", "note"}:
            named[name] = section.whole(name, None, high=255)
    section.finish("note")
    return MappingProxyType(named)
