"""From a message on a command topic to an Intent, or to a sentence that says what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.bridges.home_assistant.entity import BadCommand, Entity, View
from agent.bridges.home_assistant.tables import household, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.model.driver import DeviceInfo
from agent.model.intents import Intent
from agent.model.picture import Picture

LONGEST_PAYLOAD = 256  # bytes; "12.5" or the name of a car are the kind of thing we expect
LONGEST_SHOWN = 64  # bytes, in the log


@dataclass(frozen=True, slots=True)
class Order:
    """Which row of which device a topic commands.

    Args:
        picture: as the house was when the command came.
    """

    info: DeviceInfo
    row: Entity
    picture: Picture


def orders(topics: Topics, picture: Picture, known: frozenset[str]) -> Mapping[str, Order]:
    """Command topic -> what it commands.

    Args:
        known: kinds of devices that are shown; others have no topics.
    """
    house = household(picture)
    return {
        topics.command(info, row.key): Order(info, row, picture)
        for info in picture.devices
        if info.kind in known
        for row in rows_of(info, house)
        if row.command is not None
    }


def intent_of(order: Order, payload: bytes) -> Intent | None:
    """
    Returns:
        None where there is nothing to do.

    Raises:
        BadCommand: with what to send instead.
    """
    command = order.row.command
    if command is None:
        raise BadCommand("this cannot be set")
    if len(payload) > LONGEST_PAYLOAD:
        raise BadCommand(f"send at most {LONGEST_PAYLOAD} bytes, not {len(payload)}")
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise BadCommand("send UTF-8 text") from None
    return command(View(info=order.info, picture=order.picture), text.strip())


def shown(payload: bytes) -> str:
    """A payload as the log may show it: short, and on one line whatever it holds."""
    cut = payload[:LONGEST_SHOWN]
    more = "…" if len(payload) > LONGEST_SHOWN else ""
    try:
        return repr(cut.decode()) + more
    except UnicodeDecodeError:
        return repr(cut).removeprefix("b") + more
