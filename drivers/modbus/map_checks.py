"""What a device map says as a whole must fit together; each part was read before."""

from collections.abc import Iterator
from dataclasses import replace

from drivers.modbus.expressions import ExpressionError, parse
from drivers.modbus.model import DeviceModel, Key, Register, Table, Tier, key_of
from drivers.modbus.vocabulary import TIERS, WORDS
from drivers.modbus.yaml_nodes import MapFault, Section, did_you_mean

_BIT_TABLES = frozenset({Table.COIL, Table.DISCRETE})
_READ_CODES = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}


def check_model(model: DeviceModel, section: Section) -> None:
    """Append a fault for each contradiction inside the map."""
    for register in model.registers:
        for text in _register_faults(model, register):
            label = f"registers: {register.role}.{register.name}"
            section.faults.append(MapFault(model.file, register.line, f"{label} {text}"))
    for name, text in _whole_faults(model):
        section.fault(text, section.nodes.get(name))
    if not any(r.key in TIERS for r in model.registers):
        section.at("registers", "Hearth uses none of these names; see docs/modbus-maps.md")


def polled(model: DeviceModel) -> DeviceModel:
    """The model with every register polled as often as what is derived from it needs."""
    needed: dict[Key, Tier] = {guard.key: Tier.NORMAL for guard in model.guards}
    for derived in model.derived:
        tier = TIERS.get(derived.key)
        for key in (key_of(name, derived.role) for name in parse(derived.expr).names):
            if tier is not None:
                needed[key] = min(tier, needed.get(key, tier), key=list(Tier).index)
    registers = tuple(
        replace(r, tier=needed[r.key]) if r.tier is Tier.NEVER and r.key in needed else r
        for r in model.registers
    )
    return replace(model, registers=registers)


def _register_faults(model: DeviceModel, r: Register) -> Iterator[str]:
    code, most = _READ_CODES[r.table], model.limits.max_registers_per_read
    places = [r.address is not None, bool(r.words), bool(r.sunspec_models)]
    rules = (
        (places.count(True) != 1, "needs one of address, words, or model with offset_in_model"),
        (
            r.sunspec_models and r.offset_in_model is None,
            "has a SunSpec model but no offset_in_model; add it",
        ),
        (
            r.sunspec_models and not model.sunspec,
            "has a SunSpec model; add sunspec: {base_addresses: [40000]} to the file",
        ),
        (
            r.words and len(r.words) != r.count,
            f"lists {len(r.words)} words, but a {r.type} has {r.count}",
        ),
        (
            (r.table in _BIT_TABLES) != (r.type == "bit"),
            "must be of type bit in a coil or discrete table, and only there",
        ),
        (
            r.writable and r.table not in {Table.HOLDING, Table.COIL},
            "cannot be written: only holding registers and coils can",
        ),
        (
            r.readable and code not in model.read_functions,
            f"is in table {r.table}, but functions.read lacks {code}; add it",
        ),
        (
            r.group is not None and r.group not in model.unit_ids,
            f"has group {r.group}, which is not under unit_id.groups; add it there",
        ),
        (r.count > most, f"has {r.count} registers, more than limits.max_registers_per_read"),
    )
    yield from (text for broken, text in rules if broken)
    for bound in (r.min, r.max):
        if isinstance(bound, str):
            yield from _unknown_names(model, bound, r.role, ())


def _whole_faults(model: DeviceModel) -> Iterator[tuple[str, str]]:
    yield from _clashes(model)
    for derived in model.derived:
        for text in _unknown_names(model, derived.expr, derived.role, ()):
            yield "derived", f"derived: {derived.role}.{derived.name} {text}"
    for command in model.commands.values():
        for text in _command_faults(model, command.name):
            yield "commands", f"commands.{command.name}: {text}"
    for text in _mode_faults(model):
        yield "modes", text
    for text in _limit_faults(model):
        yield "production_limit", text
    keys = _keys(model)
    watched = model.watchdog.controls if model.watchdog else ()
    for part, key in (
        *(("guards", guard.key) for guard in model.guards),
        *(("watchdog", key) for key in watched),
    ):
        if key not in keys:
            yield part, f"{part} names {'.'.join(key)}: no such register"


def _mode_faults(model: DeviceModel) -> Iterator[str]:
    for mode, names in model.modes.items():
        for name in names:
            if name not in model.commands:
                hint = did_you_mean(name, model.commands) or "; add it under commands"
                yield f"modes.{mode} is {name}: no such command{hint}"
    if model.modes and "normal" not in model.commands:
        yield "modes needs a command normal, which gives the battery back; add it"


def _limit_faults(model: DeviceModel) -> Iterator[str]:
    rules = model.production_limit
    if rules is None:
        return
    for name in (rules.limit, rules.release):
        if name not in model.commands:
            hint = did_you_mean(name, model.commands) or "; add it under commands"
            yield f"production_limit names {name}: no such command{hint}"
    controls = {r.key for r in model.registers if r.writable and r.readable}
    for key in (rules.percent, rules.enabled):
        if key not in controls:
            name = ".".join(key)
            yield f"production_limit names {name}: no register that can be read and written"


def _clashes(model: DeviceModel) -> Iterator[tuple[str, str]]:
    """Two registers of one name, or two meanings of one place."""
    names: dict[object, Register] = {}
    places: dict[object, Register] = {}
    for r in model.registers:
        where = (r.address, r.words, r.offset_in_model, r.table, r.group, r.unit_id, r.when)
        for sunspec_model in r.sunspec_models or (0,):
            for seen, at, what in (
                (names, (*r.key, r.when, sunspec_model), "name"),
                (places, (*where, sunspec_model, r.role), "place"),
            ):
                other = seen.setdefault(at, r)
                if other is not r:
                    text = f"{r.role}.{r.name} (line {r.line}) has the same {what} as"
                    also = f"{other.role}.{other.name} (line {other.line}); keep one"
                    yield "registers", f"registers: {text} {also}"


def _command_faults(model: DeviceModel, name: str) -> Iterator[str]:
    controls = {r.key: r for r in model.registers if r.writable}
    for step in model.commands[name].steps:
        if step.control is None:
            continue
        if step.control not in controls:
            hint = did_you_mean(step.control[1], [key[1] for key in controls])
            yield f"{step.control[1]}: no such register that can be written{hint}"
        if isinstance(step.value, str):
            yield from _unknown_names(model, step.value, step.control[0], WORDS)


def _unknown_names(
    model: DeviceModel, expr: str, role: str, words: tuple[str, ...]
) -> Iterator[str]:
    try:
        names = parse(expr).names
    except ExpressionError as error:
        yield f"has the expression '{expr}': {error}"
        return
    keys = _keys(model)
    for name in names:
        if name not in words and key_of(name, role) not in keys:
            known = [*words, *(key[1] for key in keys), *(".".join(key) for key in keys)]
            hint = did_you_mean(name, known) or "; it must be a register or derived value"
            yield f"uses {name}: no such value{hint}"


def _keys(model: DeviceModel) -> set[Key]:
    return {r.key for r in model.registers} | {d.key for d in model.derived}
