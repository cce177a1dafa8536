"""Problems and solutions as JSON, for the pipe between daemon and planner. Pure.

Lists in the order of the fields of each class, floats exactly as they are, instants as ISO 8601.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from agent.model.readings import DeviceId
from agent.plan.optimise.problem import (
    BatteryTask,
    CarTask,
    Deadline,
    Method,
    Problem,
    Solution,
    Step,
)

T = TypeVar("T")


class Garbled(Exception):
    """What came is no problem, or no solution; str() says what is wrong with it."""


def problem_text(problem: Problem) -> bytes:
    """Raises:
    ValueError: a figure is not finite.
    """
    return _text(_row(problem))


def solution_text(solution: Solution) -> bytes:
    """Raises:
    ValueError: a figure is not finite.
    """
    return _text(_row(solution))


def problem_of(text: bytes) -> Problem:
    """Raises:
    Garbled: the text is no problem.
    """
    return _parsed(text, _problem)


def solution_of(text: bytes) -> Solution:
    """Raises:
    Garbled: the text is no solution.
    """
    return _parsed(text, _solution)


def _text(row: list[Any]) -> bytes:
    return json.dumps(row, allow_nan=False, separators=(",", ":")).encode()


def _row(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return {key: _row(each) for key, each in value.items()}
        case tuple():
            return [_row(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
    return [_row(getattr(value, each.name)) for each in fields(value)]


def _parsed(text: bytes, make: Callable[[Any], T]) -> T:
    try:
        return make(json.loads(text, parse_constant=_refuse))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Garbled(f"{type(error).__name__}: {error}") from None


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no figure")


def _named(kind: type[Any], row: list[Any]) -> dict[str, Any]:
    names = [each.name for each in fields(kind)]
    if not isinstance(row, list):
        raise TypeError(f"{kind.__name__} wants a list")
    return dict(zip(names, row, strict=True))


def _step(row: list[Any]) -> Step:
    values = _named(Step, row)
    return Step(**{**values, "start": datetime.fromisoformat(values["start"])})


def _deadline(row: list[Any]) -> Deadline:
    at, level_wh = row
    return Deadline(at=datetime.fromisoformat(at), level_wh=level_wh)


def _car(row: list[Any]) -> CarTask:
    values = _named(CarTask, row)
    deadlines = tuple(_deadline(each) for each in values["deadlines"])
    arrives = values["arrives"] and datetime.fromisoformat(values["arrives"])
    return CarTask(**{**values, "deadlines": deadlines, "arrives": arrives})


def _problem(row: list[Any]) -> Problem:
    values = _named(Problem, row)
    battery = values["battery"]
    values |= {
        "steps": tuple(_step(each) for each in values["steps"]),
        "cars": tuple(_car(each) for each in values["cars"]),
        "battery": None if battery is None else BatteryTask(**_named(BatteryTask, battery)),
        "circuits_a": {str(key): float(amps) for key, amps in values["circuits_a"].items()},
    }
    return Problem(**values)


def _solution(row: list[Any]) -> Solution:
    values = _named(Solution, row)
    values |= {
        "method": Method(values["method"]),
        "ends": tuple(datetime.fromisoformat(end) for end in values["ends"]),
        "cost": float(values["cost"]),
        "short_wh": {DeviceId(key): float(wh) for key, wh in values["short_wh"].items()},
    }
    for name in ("car_w", "car_worth"):
        values[name] = {DeviceId(key): _floats(each) for key, each in values[name].items()}
    for name in ("battery_w", "curtail_w", "battery_worth"):
        values[name] = _floats(values[name])
    return Solution(**values)


def _floats(values: list[Any]) -> tuple[float, ...]:
    return tuple(float(each) for each in values)
