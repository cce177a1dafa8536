"""From a message on a command topic to an Intent, or to a sentence that says what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.bridges.home_assistant.entity import BadCommand, Entity
from agent.bridges.home_assistant.tables import kinds_of, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.model.driver import DeviceInfo
from agent.model.intents import Intent
from agent.model.picture import Picture

LONGEST_PAYLOAD = 64  # bytes; "12.5" and "self_reliance" are the kind of thing we expect


@dataclass(frozen=True, slots=True)
class Order:
    """Which row of which device a topic commands."""

    info: DeviceInfo
    row: Entity


def orders(topics: Topics, picture: Picture, known: frozenset[str]) -> Mapping[str, Order]:
    """Command topic -> what it commands.

    Args:
        known: kinds of devices that are shown; others have no topics.
    """
    kinds = kinds_of(picture.devices)
    return {
        topics.command(info, row.key): Order(info, row)
        for info in picture.devices
        if info.kind in known
        for row in rows_of(info, kinds)
        if row.command is not None
    }


def intent_of(order: Order, payload: bytes) -> Intent:
    """
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
    return command(order.info, text.strip())


def shown(payload: bytes) -> str:
    """A payload as the log may show it: short, and on one line whatever it holds."""
    cut = payload[:LONGEST_PAYLOAD]
    more = "…" if len(payload) > LONGEST_PAYLOAD else ""
    try:
        return repr(cut.decode()) + more
    except UnicodeDecodeError:
        return repr(cut).removeprefix("b") + more
