"""The parts of a device map file, each from its section of the file to its plain value."""

import re
from dataclasses import replace
from types import MappingProxyType

from agent.model.readings import BatteryMode
from drivers.modbus.model import (
    Block,
    Command,
    Derived,
    DeviceModel,
    Guard,
    Identify,
    Key,
    Limits,
    ProductionLimit,
    Register,
    Step,
    Table,
    Tier,
    Watchdog,
    WordOrder,
    key_of,
)
from drivers.modbus.vocabulary import ROLES, TIERS
from drivers.modbus.yaml_nodes import Section

TYPES = ["u16", "s16", "u32", "s32", "f32", "u64", "s64", "f64", "bit"]
TABLES = [str(table) for table in Table]
ORDERS = [str(order) for order in WordOrder]

_LONG_TYPE = re.compile(r"(str|raw)([1-9]\d{0,2})")
_MOST_WORDS = 125
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FUNCTIONS = {"5", "6", "15", "16"}


def limits(section: Section | None) -> Limits:
    if section is None:
        return Limits()
    s = section
    retry = s.section("retry")
    found = Limits(
        max_registers_per_read=s.whole("max_registers_per_read", 125, low=1, high=_MOST_WORDS),
        max_gap=s.whole("max_gap", 0, high=_MOST_WORDS),
        even_counts=s.flag("even_counts"),
        min_pause_s=s.number("min_pause_ms", 0.0) / 1000,
        write_pause_s=s.number("write_pause_ms", 0.0) / 1000,
        connect_pause_s=s.number("connect_delay_ms", 0.0) / 1000,
        timeout_s=s.number("timeout_s", 3.0),
        connections=s.whole("connections", None, low=1),
        min_poll_s=s.number("min_poll_s", 1.0),
        retry=3 if retry is None else retry.whole("tries", 3, low=1, high=20),
    )
    s.finish("turnaround_ms", "note")
    return found


def block(s: Section, order: WordOrder) -> Block:  # noqa: ARG001 (one shape for all lists)
    found = Block(
        table=Table(s.choice("table", TABLES)),
        start=s.whole("start", 0),
        count=s.whole("count", 1, low=1),
        unit_id=s.whole("unit_id", None, high=255),
        group=s.text("group") or None,
    )
    s.finish("note")
    return found


def register(s: Section, order: WordOrder) -> Register:
    """Read one register; `order` is the word order of the file."""
    key = (s.choice("role", list(ROLES)), _name(s))
    tier = TIERS.get(key, Tier.NEVER)
    found = replace(
        _place(s, WordOrder(s.choice("word_order", ORDERS, str(order)))),
        role=key[0],
        name=key[1],
        scale=s.number("scale", 1.0),
        offset=s.number("offset", 0.0),
        nan=s.wholes("nan"),
        enum=_enum(s),
        access=s.choice("access", ["r", "rw", "w"], "r"),
        write_function=_write_function(s),
        volatile=s.flag("volatile"),
        min=_bound(s, "min"),
        max=_bound(s, "max"),
        when=s.text("when") or None,
        tier=Tier(s.choice("poll", [str(t) for t in Tier], str(tier))),
        unit=s.text("unit"),
    )
    if found.scale == 0:
        s.at("scale", "it must not be 0; leave it out for 1")
    s.finish("device_sign", "note", "sources", "confidence", "models", "point", "sf")
    return found


def identify(s: Section, order: WordOrder) -> Identify:
    expect = s.text("expect")
    values = s.section("values")
    variants: dict[str | int, str] = {}
    if values is not None:
        variants = {_number_or_text(raw): values.text(raw) for raw in values.nodes}
    place = _place(s, order)
    s.finish("note")
    return Identify(
        register=place,
        expect=_number_or_text(expect) if expect else None,
        variants=MappingProxyType(variants),
    )


def derived(s: Section, order: WordOrder) -> Derived:  # noqa: ARG001
    found = Derived(
        role=s.choice("role", list(ROLES)),
        name=_name(s),
        expr=s.text("expr", required=True),
        nan_as_zero=s.flag("nan_as_zero"),
        clamp_min=s.number("clamp_min", 0.0) if s.has("clamp_min") else None,
        when=s.text("when") or None,
    )
    s.finish("note")
    return found


def guard(s: Section, order: WordOrder) -> Guard:  # noqa: ARG001
    found = Guard(
        key=(s.choice("role", list(ROLES)), _name(s)),
        equals=s.number("equals", 1.0),
        says=s.text("says", required=True),
    )
    s.finish("note")
    return found


def command(name: str, s: Section) -> Command:
    steps = tuple(_step(step) for step in s.sections("steps"))
    if not steps:
        s.fault(f"{s.path} has no steps; add steps: [{{ctl_...: value}}]")
    source = s.text("source")
    s.finish("note", "stop", "pause_s")
    return Command(name=name, steps=steps, source=source)


def modes(section: Section | None) -> dict[BatteryMode, tuple[str, ...]]:
    """Battery mode -> names of commands; UNKNOWN can be read but never set."""
    if section is None:
        return {}
    settable = [mode for mode in BatteryMode if mode is not BatteryMode.UNKNOWN]
    found = {mode: section.texts(str(mode)) for mode in settable}
    section.finish()
    return {mode: names for mode, names in found.items() if names}


def watchdog(section: Section | None) -> Watchdog | None:
    if section is None:
        return None
    found = Watchdog(
        controls=tuple(_dotted(word) for word in section.texts("registers")),
        rewrite_every_s=section.number("rewrite_every_s", 0.0),
        device_timeout_s=section.number("device_timeout_s", 0.0),
        on_expiry=section.text("on_expiry"),
    )
    section.finish("note")
    if not 0 < found.rewrite_every_s <= found.device_timeout_s / 2:
        section.at("rewrite_every_s", "it must be above 0 and at most half of device_timeout_s")
    return found


def production_limit(section: Section | None) -> ProductionLimit | None:
    if section is None:
        return None
    found = ProductionLimit(
        limit=section.text("limit", required=True),
        release=section.text("release", required=True),
        percent=key_of(section.text("percent", required=True), "inverter"),
        enabled=key_of(section.text("enabled", required=True), "inverter"),
        rewrite_every_s=section.number("rewrite_every_s", 20.0),
    )
    section.finish("note")
    if found.rewrite_every_s <= 0:
        section.at("rewrite_every_s", "it must be above 0, and well below the device's time-out")
    return found


def resolved(model: DeviceModel) -> DeviceModel:
    """The model with a role for each control that was named alone: the battery's comes first."""
    roles: dict[str, str] = {}
    for r in sorted(model.registers, key=lambda r: (not r.writable, r.role != "battery")):
        roles.setdefault(r.name, r.role)

    def full(key: Key) -> Key:
        return (key[0] or roles.get(key[1], "battery"), key[1])

    commands = {}
    for name, one in model.commands.items():
        steps = (s if s.control is None else replace(s, control=full(s.control)) for s in one.steps)
        commands[name] = replace(one, steps=tuple(steps))
    dog = model.watchdog
    if dog is not None:
        dog = replace(dog, controls=tuple(full(key) for key in dog.controls))
    return replace(model, commands=MappingProxyType(commands), watchdog=dog)


def _step(s: Section) -> Step:
    names = [name for name in s.nodes if name not in {"wait_s", "optional"}]
    wait_s = s.number("wait_s", 0.0)
    optional = s.flag("optional")
    if len(names) != (0 if wait_s else 1):
        s.fault(f"{s.path}: a step is one control with its value, or wait_s; split it")
        return Step(wait_s=wait_s)
    if not names:
        return Step(wait_s=wait_s)
    value = s.text(names[0], required=True)
    return Step(control=_dotted(names[0]), value=_float_or_text(value), optional=optional)


def _dotted(word: str) -> Key:
    """role.name, or name alone when its role is found later, by `resolved`."""
    return key_of(word, "")


def _name(s: Section) -> str:
    name = s.text("name", required=True)
    if name and not _NAME.fullmatch(name):
        s.at("name", "use small letters, digits and _ only")
    return name


def _place(s: Section, order: WordOrder) -> Register:
    """Where a value stands and how wide it is; the rest is still to be said."""
    sunspec, words, address = s.wholes("model"), s.wholes("words"), s.whole("address", None)
    return Register(
        role="device",
        name="identity",
        table=Table(s.choice("table", TABLES, str(Table.HOLDING))),
        address=None if words else address,
        words=words,
        sunspec_models=sunspec,
        offset_in_model=s.whole("offset_in_model", None),
        sf_address=None if sunspec else s.whole("sf", None),
        sf_offset_in_model=s.whole("sf_offset_in_model", None) if sunspec else None,
        type=_type(s),
        word_order=order,
        unit_id=s.whole("unit_id", None, high=255),
        group=s.text("group") or None,
        line=s.line,
    )


def _type(s: Section) -> str:
    word = s.text("type", required=True)
    long = _LONG_TYPE.fullmatch(word)
    if long is not None and int(long.group(2)) <= _MOST_WORDS:
        return word
    if word.startswith(("str", "raw")) and word not in TYPES:
        s.at("type", "write strN or rawN with the number of registers N, 1 to 125, e.g. str10")
        return "u16"
    return s.choice("type", TYPES) if word else "u16"


def _enum(s: Section) -> MappingProxyType[int, str]:
    section = s.section("enum")
    if section is None:
        return MappingProxyType({})
    found = {}
    for raw in section.nodes:
        try:
            found[int(raw, 0)] = section.text(raw)
        except ValueError:
            section.at(raw, "the left side must be a whole number")
    return MappingProxyType(found)


def _write_function(s: Section) -> int | None:
    word = s.text("write_function")
    if word and word not in _FUNCTIONS:
        s.at("write_function", "it must be 6 or 16 (5 or 15 for coils)")
        return None
    return int(word) if word else None


def _bound(s: Section, name: str) -> float | str | None:
    word = s.text(name)
    return _float_or_text(word) if word else None


def _float_or_text(word: str) -> float | str:
    try:
        return float(int(word, 0))
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        return word


def _number_or_text(word: str) -> int | str:
    try:
        return int(word, 0)
    except ValueError:
        return word
