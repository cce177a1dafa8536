"""Reads the installer's file: all settings, or all faults at once."""

import copy
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from agent.config.contradictions import contradictions
from agent.config.explain import explain, fault, written
from agent.config.faults import ConfigError, Fault
from agent.config.models import Settings
from agent.config.outside import overlay
from agent.config.shape import field_at, is_mapping, model_of
from agent.config.survey import survey
from agent.config.tree import Tree, Where, read_tree
from agent.config.warn import warnings_about

MOST_ROUNDS = 8
PATHS: tuple[Where, ...] = (
    ("store", "path"),
    ("mqtt", "tls_ca"),
    ("mqtt", "tls_certificate"),
    ("mqtt", "tls_key"),
    ("ocpp", "tls_certificate"),
    ("ocpp", "tls_key"),
    ("maps_folder",),
    ("api", "socket"),
)


def load(path: Path, env: Mapping[str, str] | None = None) -> Settings:
    """Read and check everything.

    Args:
        env: in place of the process's environment.

    Raises:
        ConfigError: with every fault, in the order of the file.
    """
    tree = read_tree(path)
    overlay(tree, os.environ if env is None else env)
    _anchor_paths(tree, path.absolute().parent)
    _fill_empty_groups(tree.values, Settings)
    _refuse_nothing(tree)
    left_out: set[Where] = set()
    faults, mended = _model_faults(tree, left_out)
    if mended is not None:
        faults += contradictions(survey(mended, tree, frozenset(left_out)))
    faults += tree.faults
    if faults or mended is None:
        raise ConfigError(_in_order(faults))
    return mended.with_warnings(warnings_about(mended, tree, path))


def _anchor_paths(tree: Tree, folder: Path) -> None:
    """A relative path is seen from the file's own folder, wherever Hearth was started."""
    for where in PATHS:
        text, group = tree.get(where), tree.get(where[:-1])
        if isinstance(text, str) and text:
            group[where[-1]] = str(folder / text)


def _fill_empty_groups(values: dict[str, Any], model: type[BaseModel]) -> None:
    """`devices:` with nothing below it is an empty group, as when all of it is commented out."""
    for key, field in model.model_fields.items():
        group = model_of(field.annotation) is not None or is_mapping(field.annotation)
        if group and key in values and values[key] is None:
            values[key] = {}


def _refuse_nothing(tree: Tree) -> None:
    """A known setting without a value is a slip; its default must not slip in unseen."""
    for where in [where for where in tree.marks if where and field_at(where) is not None]:
        group = tree.get(where[:-1])
        if isinstance(group, dict) and group.get(where[-1], "") is None:
            wrong, remedy = "it has no value", "write one, or delete the line"
            tree.faults.append(fault(tree, where, None, wrong, remedy))
            del group[where[-1]]


def _model_faults(tree: Tree, left_out: set[Where]) -> tuple[list[Fault], Settings | None]:
    """What the models refuse, and the settings without it.

    A model looks for contradictions only when its settings are right one by one. So that all
    faults are found at once, wrong settings are left out and the rest is looked at again; with
    any fault the result serves for finding further ones and nothing else.

    Args:
        left_out: gets the settings that were left out.
    """
    faults: dict[tuple[str, str], Fault] = {}
    mended = Tree(copy.deepcopy(tree.values), tree.marks)
    for again in range(MOST_ROUNDS):
        try:
            return list(faults.values()), Settings.model_validate(mended.values)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                where = written(each["loc"], mended)
                report = not again or _contradicts(each, where, left_out)
                if report and each["type"] != "default_factory_not_called":
                    found = explain(each, tree)
                    faults.setdefault((found.setting, _about(each)), found)
                for bad in _named(mended, where, each):
                    left_out.add(bad)
                    _leave_out(mended, bad, each)
    return list(faults.values()), None


def _named(tree: Tree, where: Where, error: Mapping[str, Any]) -> list[Where]:
    """The settings that a contradiction speaks of, or the whole group."""
    group = tree.get(where)
    if error["type"] != "value_error" or not isinstance(group, dict):
        return [where]
    return [(*where, word) for word in re.findall(r"\w+", error["msg"]) if word in group] or [where]


def _contradicts(error: Mapping[str, Any], where: Where, left_out: set[Where]) -> bool:
    """Whether this speaks of what was written, not of a default in place of what was left out."""
    words = re.findall(r"\w+", error["msg"])
    return error["type"] == "value_error" and not any((*where, word) in left_out for word in words)


def _about(error: Mapping[str, Any]) -> str:
    """Several missing settings of one group are several faults, several refusals are one."""
    return str(error["loc"][-1]) if error["type"] == "missing" else ""


def _leave_out(tree: Tree, where: Where, error: Mapping[str, Any]) -> None:
    if error["type"] in ("missing", "default_factory_not_called"):
        *around, name = error["loc"]
        group, field = tree.get(tuple(around)), field_at((*around, name))
        if field is not None and (example := _example_of(field)) is not None:
            group[name] = example
            return
    while isinstance(parent := tree.get(where[:-1]), list):
        where = where[:-1]
    if where and isinstance(parent, dict):
        parent.pop(where[-1], None)


def _example_of(field: FieldInfo) -> Any:
    model = model_of(field.annotation)
    if model is None:
        return field.examples[0] if field.examples else None
    required = {key: each for key, each in model.model_fields.items() if each.is_required()}
    return {key: _example_of(each) for key, each in required.items()}


def _in_order(faults: list[Fault]) -> list[Fault]:
    """By line, what stands outside the file last; one line's faults in the order of finding."""
    return sorted(faults, key=lambda fault: (fault.line is None, fault.line or 0))
