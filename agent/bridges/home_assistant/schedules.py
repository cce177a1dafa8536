"""A switch for each schedule, and when it turns next, on the device that it steers.

Schedules come and go while Hearth runs, so their keys are made from their ids: injective, of
letters that a template can name, and for ever the same.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import Entity, Household, Needs, Platform, Value, View
from agent.bridges.home_assistant.rows import on_off, switched
from agent.model.driver import DeviceInfo
from agent.model.intents import EnableSchedule, Intent
from agent.model.schedules import ScheduleStatus, Transition

LONGEST_NAME: Final = 60
_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")
_WANTS: Final[Mapping[bool, str]] = {True: "charge", False: "do not charge"}


def word(schedule_id: str) -> str:
    """Different ids give different words of [a-z0-9_]: any other byte of the UTF-8 text is _xx.

    No id's word is another's with _details behind it: that would be no UTF-8 (DE, then a letter).
    """
    return "".join(chr(byte) if byte in _PLAIN else f"_{byte:02x}" for byte in schedule_id.encode())


def schedule_rows(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The rows of all schedules that steer a device."""
    return tuple(
        row
        for name, title, target in house.schedules
        if target == info.id
        for row in _rows(name, " ".join(title.split())[:LONGEST_NAME] or name)
    )


def _rows(schedule: str, title: str) -> tuple[Entity, ...]:
    enabled = partial(_enabled, schedule)
    return (
        Entity(
            platform=Platform.SWITCH,
            key=f"schedule_{word(schedule)}",
            name=f"Schedule {title}",
            value=enabled,
            at_once=enabled,
            needs=Needs.HEARTH,
            command=partial(_enable, schedule),
        ),
        Entity(
            platform=Platform.SENSOR,
            key=f"next_{word(schedule)}",
            name=f"Schedule {title} next change",
            value=partial(_next_at, schedule),
            device_class="timestamp",
            at_once=partial(_standing, schedule),
            attributes=partial(_standing, schedule),
            needs=Needs.HEARTH,
        ),
    )


def _enabled(schedule: str, view: View) -> Value:
    known = view.picture.schedules.get(schedule)
    return on_off(None if known is None else known.enabled)


def _enable(schedule: str, _view: View, payload: str) -> Intent:
    return EnableSchedule(schedule=schedule, enabled=switched(payload))


def _ahead(schedule: str, view: View) -> tuple[ScheduleStatus | None, Transition | None]:
    status = view.picture.statuses.get(schedule)
    return status, status.transitions[0] if status is not None and status.transitions else None


def _next_at(schedule: str, view: View) -> Value:
    _, turn = _ahead(schedule, view)
    return None if turn is None else wire.instant(turn.at)


def _standing(schedule: str, view: View) -> Value:
    """What it will want then, and how it stands to what its target does now."""
    status, turn = _ahead(schedule, view)
    if status is None:
        return {}
    should = status.should_charge
    return {
        "at": None if turn is None else wire.instant(turn.at),
        "then": None if turn is None else _WANTS[turn.should_charge],
        "now": None if should is None else _WANTS[should],
        "standing": status.state.value,
        "problem": status.problem,
    }
