"""Finds the field that stands behind the path of a setting."""

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from agent.config.models import Settings
from agent.config.tree import Where

Model = type[BaseModel]


def bare(annotation: Any) -> Any:
    """The annotation without Annotated and without None."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) in (Union, UnionType):
            some = [each for each in get_args(annotation) if each is not NoneType]
            if len(some) == 1:
                annotation = some[0]
                continue
        return annotation


def model_of(annotation: Any) -> Model | None:
    """The model that an annotation stands for, if it is one."""
    found = bare(annotation)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def named_model_of(annotation: Any) -> Model | None:
    """The model of a mapping from names to models."""
    found = bare(annotation)
    return model_of(get_args(found)[1]) if get_origin(found) in (dict, Mapping) else None


def is_mapping(annotation: Any) -> bool:
    return get_origin(bare(annotation)) in (dict, Mapping)


def model_at(where: Where, root: Model = Settings) -> Model | None:
    """The model whose settings stand under a path."""
    if not where:
        return root
    field = root.model_fields.get(str(where[0]))
    if field is None:
        return None
    if (one := model_of(field.annotation)) is not None:
        return model_at(where[1:], one)
    many = named_model_of(field.annotation)
    return model_at(where[2:], many) if many is not None and len(where) > 1 else None


def field_at(where: Where) -> FieldInfo | None:
    """The field of a setting; None for a name in a mapping and for what does not exist."""
    for depth in range(len(where), 0, -1):
        model = model_at(where[: depth - 1])
        if model is not None:
            return model.model_fields.get(str(where[depth - 1]))
    return None


def choices_of(annotation: Any) -> list[str]:
    """The words that a setting may have, if they are listed."""
    found = bare(annotation)
    if get_origin(found) is Literal:
        return [str(getattr(each, "value", each)) for each in get_args(found)]
    if isinstance(found, type) and hasattr(found, "__members__"):
        return [str(each.value) for each in found.__members__.values()]
    return []


def bounds_of(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and the most that a number may be; None where there is no bound."""
    annotated = field.annotation
    parts = [*field.metadata]
    for each in (annotated, *get_args(annotated)):
        if get_origin(each) is Annotated:
            parts += [
                m for meta in get_args(each)[1:] for m in (meta, *getattr(meta, "metadata", ()))
            ]
    lows = [value for part in parts if (value := getattr(part, "ge", None)) is not None]
    highs = [value for part in parts if (value := getattr(part, "le", None)) is not None]
    return (max(lows) if lows else None, min(highs) if highs else None)


def is_secret(where: Where) -> bool:
    """Whether the value must never be shown; a misspelt password counts as one."""
    field = field_at(where)
    if field is not None and bare(field.annotation) is SecretStr:
        return True
    return any(word in str(where[-1]).lower() for word in _SECRET_WORDS) if where else False


_SECRET_WORDS = ("pass", "secret", "token", "pin")


def sections(root: Model = Settings, where: Where = ()) -> Iterator[tuple[Where, Model]]:
    """Every group of settings, outermost first; NAME stands for the name of a device."""
    yield where, root
    for key, field in root.model_fields.items():
        if (one := model_of(field.annotation)) is not None:
            yield from sections(one, (*where, key))
        elif (many := named_model_of(field.annotation)) is not None:
            yield from sections(many, (*where, key, "NAME"))
