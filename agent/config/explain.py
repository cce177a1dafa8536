"""Turns what the models refuse into sentences that an electrician can act on."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from agent.config.faults import Fault
from agent.config.quantities import number_trouble
from agent.config.shape import (
    bounds_of,
    choices_of,
    field_at,
    is_mapping,
    is_secret,
    model_at,
    model_of,
    sections,
)
from agent.config.tree import Tree, Where, dotted

Said = tuple[str, str]
"""What is wrong, and the remedy."""

LONGEST_SHOWN = 200

_NUMBER = {"float_parsing", "float_type", "int_parsing", "int_type", "int_from_float"}
_NUMBER |= {"finite_number", "int_parsing_size"}
_BOUND = {"greater_than_equal", "less_than_equal", "greater_than", "less_than"}


def explain(error: Mapping[str, Any], tree: Tree) -> Fault:
    """One fault of the models as a Fault."""
    where = written(error["loc"], tree)
    value = tree.get(where)
    match error["type"]:
        case "missing":
            return fault(tree, where, None, *_missing(str(error["loc"][-1]), where, tree))
        case "extra_forbidden":
            return fault(tree, where, None, "no such setting", _unknown(where, value))
        case "value_error" if error["loc"][-1:] == ("[key]",):
            wrong, _, remedy = str(error["ctx"]["error"]).partition("; ")
            return fault(tree, where, None, wrong, remedy)
        case "value_error":
            return _said_by_model(str(error["ctx"]["error"]), where, tree)
    if value is None:
        return fault(tree, where, None, "it has no value", "write one, or delete the line")
    if isinstance(value, dict | list):
        return fault(tree, where, None, *_shape(where, value))
    if _is_group(where):
        remedy = "write its settings in lines of their own below it, indented, each as key: value"
        return fault(tree, where, None, "it is a group of settings", remedy)
    if error["type"] in ("tuple_type", "list_type"):
        remedy = f"write [{value}]" if tree.mark(where).line else "write it in the file"
        return fault(tree, where, value, "one value, but a list is wanted", remedy)
    return fault(tree, where, value, *_scalar(error, where, value))


def fault(tree: Tree, where: Where, value: object, wrong: str, remedy: str) -> Fault:
    """A fault at a path; the value is shown as it was written, unless it is a secret."""
    mark, text = tree.mark(where), tree.get(where)
    shown = None if value is None else text if isinstance(text, str) else str(value)
    if shown is not None:
        shown = "********" if is_secret(where) else _short(shown)
    return Fault(
        file=mark.file, line=mark.line, setting=dotted(where), value=shown, wrong=wrong,
        remedy=remedy,
    )  # fmt: skip


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}..."


def written(loc: tuple[str | int, ...], tree: Tree) -> Where:
    """The longest part of a model's path that stands in the file."""
    where: Where = ()
    for part in loc:  # some parts name a branch of a union and no setting
        if (*where, part) in tree.marks:
            where = (*where, part)
    return where


def _missing(name: str, where: Where, tree: Tree) -> Said:
    field = field_at((*where, name))
    group = model_of(field.annotation) if field else None
    if group is not None:
        needs = [key for key, each in group.model_fields.items() if each.is_required()]
        return f"{name} is missing", f"add {name}: with {' and '.join(needs)} below it"
    example = (field.examples or ["..."])[0] if field else "..."
    what = f" ({_plain(field.description)})" if field and field.description else ""
    remedy = f"add {name}: {example}{what}"
    if model_at(where[:-1]) is None and tree.mark(where).line is None:
        near = _in_the_file(where, tree)
        remedy = f"did you mean {near[0]}, which stands in the file?" if near else remedy
    return f"{name} is missing", remedy


def _in_the_file(where: Where, tree: Tree) -> list[str]:
    """The neighbour in the file whose name is nearest to one given outside of it."""
    others = [name for name in tree.get(where[:-1]) if tree.mark((*where[:-1], name)).line]
    return difflib.get_close_matches(str(where[-1]), others, n=1, cutoff=0)


def _plain(description: str) -> str:
    first = re.split(r"[.;](?:\s|$)", description)[0]
    return first[0].lower() + first[1:] if first[1:2].islower() else first


def _unknown(where: Where, value: object) -> str:
    model = model_at(where[:-1])
    known = list(model.model_fields) if model else []
    typed = str(where[-1])
    same = typed.lower().replace("-", "_").replace(" ", "_")
    if same in known:
        return f"did you mean {same}?"
    homes = [path for path, other in sections() if typed in other.model_fields]
    homes = homes or _homes_of_group(where, value)
    near = difflib.get_close_matches(same, known, n=1, cutoff=0.75)
    if homes and not near:
        return f"it belongs {' or '.join(_home(path) for path in homes)}"
    near = near or _synonym(same, known) or difflib.get_close_matches(same, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"delete it; known here: {', '.join(known)}"


def _homes_of_group(where: Where, value: object) -> list[Where]:
    """Where a charger or a device belongs that stands at the left margin."""
    keys = set(value) if isinstance(value, dict) and len(where) == 1 else set()
    named = [(path, model) for path, model in sections() if path[1:] == ("NAME",)]
    return [path[:1] for path, model in named if keys and keys <= set(model.model_fields)]


def _home(path: Where) -> str:
    return f"under {dotted(path)}" if path else "at the left margin"


_SYNONYMS = {
    "host": {"ip", "address", "ip_address", "hostname", "server", "broker", "url"},
    "username": {"user", "login"},
    "fuse_a": {"main_fuse", "breaker", "fuse"},
    "driver": {"type", "model", "map", "template"},
    "unit": {"slave", "slave_id", "unit_id", "device_id", "modbus_id"},
    "serial": {"device", "tty", "usb"},
    "poll_s": {"interval", "scan_interval", "refresh"},
    "identity": {"charge_point_id", "station_id", "stationid", "cp_id", "chargepoint", "id"},
    "devices": {"meters", "inverters", "batteries", "meter", "inverter", "battery", "modbus"},
    "chargers": {"wallbox", "wallboxes", "loadpoints", "evse", "evses"},
    "tls": {"ssl"},
    "timezone": {"tz", "time_zone"},
}


def _synonym(typed: str, known: list[str]) -> list[str]:
    return [name for name, others in _SYNONYMS.items() if name in known and typed in others]


def _is_group(where: Where) -> bool:
    """Whether settings or names belong below a path."""
    field = field_at(where)
    names = field is not None and is_mapping(field.annotation)
    return names or (bool(where) and model_at(where) is not None)


def _shape(where: Where, value: dict[str, Any] | list[Any]) -> Said:
    field = field_at(where)
    if isinstance(value, list) and _is_group(where):
        return (
            "it is a list",
            "delete the - and give each entry a name, as in name: on its own line",
        )
    example = f", e.g. {where[-1]}: {field.examples[0]}" if field and field.examples else ""
    kind = "a list" if isinstance(value, list) else "a group of settings"
    return f"it is {kind}, but one value is wanted", f"write it in one line{example}"


def _scalar(error: Mapping[str, Any], where: Where, value: str) -> Said:
    field = field_at(where)
    kind = error["type"]
    choices = choices_of(field.annotation) if field else []
    if choices:
        near = difflib.get_close_matches(value.lower(), choices, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return "no such choice", f"write one of {', '.join(choices)}{hint}"
    if kind in _NUMBER:
        return number_trouble(str(where[-1]), value, whole=kind.startswith("int"))
    if kind in _BOUND and field:
        return _bound(kind, where)
    if field and kind == "literal_error":
        words = str(error["ctx"]["expected"]).replace("'", "")
        in_list = isinstance(where[-1], int)
        return "no such choice", f"write {words}" if in_list else f"write {words} or [{value}]"
    if kind == "bool_parsing":
        return "neither true nor false", "write true or false"
    if kind == "string_pattern_mismatch":
        return "not a topic", "write words between slashes, without #, + and spaces"
    if kind == "string_too_long":
        most = error["ctx"]["max_length"]
        return f"longer than {most} characters", "shorten it"
    said = str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"not {said}", "see docs/configuration.md"


def _bound(kind: str, where: Where) -> Said:
    field = field_at(where)
    low, high = bounds_of(field) if field else (None, None)
    wrong = "too small" if kind.startswith("greater") else "too large"
    about = f" ({_plain(field.description)})" if field and field.description else ""
    if low is not None and high is not None:
        return wrong, f"write {low:g} to {high:.10g}{about}"
    if low is not None or high is not None:
        edge = f"at least {low:g}" if low is not None else f"at most {high:.10g}"
        above = "a number above 0, " if low is None and kind == "greater_than" else ""
        return wrong, f"write {above}{edge}{about}"
    return wrong, "write a number above 0" + about


_VALUE_SAID = re.compile(r"^(\w+) is (\S+?),? (.+)$")


def _said_by_model(text: str, where: Where, tree: Tree) -> Fault:
    """A contradiction that a model found: `[setting [is VALUE,]] what is wrong; remedy`."""
    wrong, _, remedy = text.partition("; ")
    remedy = remedy or "correct it"
    here = tree.get(where)
    if not isinstance(here, dict):
        return fault(tree, where, here, wrong, remedy)
    first, _, rest = wrong.partition(" ")
    if first not in here or rest.startswith("and "):
        given = [each for each in re.findall(r"\w+", wrong) if each in here]
        lines = tree.mark((*where, given[-1])) if given else tree.mark(where)
        return Fault(
            file=lines.file, line=lines.line, setting=dotted(where), value=None, wrong=wrong,
            remedy=remedy,
        )  # fmt: skip
    named = _VALUE_SAID.match(wrong)
    rest = named[3] if named else rest.removeprefix(f"{here[first]} ")
    return fault(tree, (*where, first), here[first], rest, remedy)
