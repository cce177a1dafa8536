"""All faults that the models find, although a model stops at its first kind of trouble."""

import copy
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from agent.config.explain import explain, written
from agent.config.faults import Fault
from agent.config.models import Settings
from agent.config.shape import choices_of, field_at, model_of
from agent.config.tree import Tree, Where

MOST_ROUNDS = 8


class Diagnosis:
    """Finds all that the models refuse, in as many rounds as it takes.

    A model looks for contradictions only when its settings are right one by one. So that all
    faults are found at once, wrong settings are left out and the rest is looked at again; with
    any fault the result serves for finding further ones and nothing else.

    Args:
        left_out: what was wrong by itself, or missing; a default or an example stands there.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.left_out = set(tree.refused)
        self.faults: list[Fault] = []
        self._mended = Tree(copy.deepcopy(tree.values), tree.marks)
        self._told: set[tuple[Where, str]] = set()

    def settings(self) -> Settings | None:
        """The settings without what is wrong; None if too much is."""
        for _ in range(MOST_ROUNDS):
            try:
                return Settings.model_validate(self._mended.values)
            except ValidationError as error:
                for each in error.errors(include_url=False):
                    self._note(each)
        return None

    def _note(self, error: Mapping[str, Any]) -> None:
        """Keep a refusal as a fault if it is news, and leave out what it speaks of."""
        where = written(error["loc"], self._mended)
        missing = error["type"] in _MISSING
        named = [tuple(error["loc"])] if missing else _named(self._mended, where, error)
        if error["type"] != "default_factory_not_called" and self._is_news(error, where, named):
            self.faults.append(explain(error, self.tree))
        self.left_out.update(named)
        for each in named:
            _put_example(self._mended, each) if missing else _drop(self._mended, each)

    def _is_news(self, error: Mapping[str, Any], where: Where, named: list[Where]) -> bool:
        """Whether nothing was said yet of what it names, nor of what something else now stands
        for."""
        key = (where, str(error["loc"][-1]) if error["type"] == "missing" else "")
        words = re.findall(r"\w+", error["msg"]) if error["type"] == "value_error" else []
        said = {*named, *((*where, word) for word in words)} & self.left_out
        if said or key in self._told or self._hangs_on_an_example(where, words):
            return False
        self._told.add(key)
        return True

    def _hangs_on_an_example(self, where: Where, words: list[str]) -> bool:
        """Whether a contradiction may be one of the example alone that stands for a choice.

        What a group needs often hangs on one choice in it, such as the kind of a source of prices.
        Where that is wrong, nobody knows what the rest should be.

        Args:
            words: of the contradiction; none = it is no contradiction.
        """
        if not words:
            return False
        for choice in (each for each in self.left_out if _is_needed_choice(each)):
            below = choice[len(where) :]
            if choice[: len(where)] == where and (len(below) == 1 or set(below[:-1]) & set(words)):
                return True
        return False


def _is_needed_choice(where: Where) -> bool:
    field = field_at(where)
    return field is not None and field.is_required() and bool(choices_of(field.annotation))


_MISSING = ("missing", "default_factory_not_called")


def _named(tree: Tree, where: Where, error: Mapping[str, Any]) -> list[Where]:
    """The settings that a contradiction speaks of, or the whole group."""
    group = tree.get(where)
    if error["type"] != "value_error" or not isinstance(group, dict):
        return [where]
    return [(*where, word) for word in re.findall(r"\w+", error["msg"]) if word in group] or [where]


def _put_example(tree: Tree, where: Where) -> None:
    field, group = field_at(where), tree.get(where[:-1])
    example = _example_of(field) if field is not None else None
    if example is None:
        _drop(tree, where[:-1])
    elif isinstance(group, dict):
        group[where[-1]] = example


def _drop(tree: Tree, where: Where) -> None:
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
