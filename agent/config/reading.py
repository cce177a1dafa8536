"""Reads the installer's file: all settings, or all faults at once."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agent.config.contradictions import contradictions
from agent.config.diagnosis import Diagnosis
from agent.config.explain import fault
from agent.config.faults import ConfigError, Fault
from agent.config.models import Settings
from agent.config.outside import overlay
from agent.config.shape import field_at, is_mapping, model_of
from agent.config.survey import survey
from agent.config.tree import Tree, Where, read_tree
from agent.config.warn import warnings_about

PATHS: tuple[Where, ...] = (
    ("store", "path"),
    ("mqtt", "tls_ca"),
    ("mqtt", "tls_certificate"),
    ("mqtt", "tls_key"),
    ("cloud", "tls_ca"),
    ("cloud", "tls_certificate"),
    ("cloud", "tls_key"),
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
    settings = settings_of(tree, os.environ if env is None else env, path.absolute().parent)
    return settings.with_warnings(warnings_about(settings, tree, path))


def settings_of(tree: Tree, env: Mapping[str, str], folder: Path) -> Settings:
    """Check what was read; relative paths are seen from `folder`.

    Raises:
        ConfigError: with every fault, in the order of the file.
    """
    overlay(tree, env)
    _anchor_paths(tree, folder)
    _fill_empty_groups(tree.values, Settings)
    _refuse_nothing(tree)
    diagnosis = Diagnosis(tree)
    mended = diagnosis.settings()
    faults = [*tree.faults, *diagnosis.faults]
    if mended is not None:
        faults += contradictions(survey(mended, tree, frozenset(diagnosis.left_out)))
    if faults or mended is None:
        raise ConfigError(_in_order(faults, tree.marks[()].file))
    return mended


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
        value = group.get(where[-1], ...) if isinstance(group, dict) else ...
        if value is None or (isinstance(value, str) and not value.strip()):
            wrong, remedy = "it has no value", "write one, or delete the line"
            tree.faults.append(fault(tree, where, None, wrong, remedy))
            tree.refused.add(where)
            del group[where[-1]]


def _in_order(faults: list[Fault], file: str) -> list[Fault]:
    """The file first, by line; one line's faults in the order of finding."""
    return sorted(faults, key=lambda each: (each.file != file, each.file, each.line or 0))
