"""What the cloud tells an agent: commands, desired documents, cars."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from simulators.clock import SimClock
from simulators.cloud import wire
from simulators.cloud.link import Link

EXPIRES_IN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Args:
    expires_in_s: real seconds; below 0 it is expired when it comes.
    retain: against the protocol, for tests.
    """

    agent: str
    command: str
    body: Any
    request_id: str
    expires_in_s: float = EXPIRES_IN_S
    retain: bool = False


def new_request_id() -> str:
    return str(uuid.uuid4())


def house_now_s(clock: SimClock | None) -> float:
    return time.time() if clock is None else clock.now_s()


async def command(link: Link, order: Command, clock: SimClock | None = None) -> None:
    """Returns when the broker has it."""
    speed = 1.0 if clock is None else clock.speed
    expires_s = house_now_s(clock) + order.expires_in_s * speed
    payload = {
        "requestId": order.request_id,
        "command": order.command,
        "expiresAt": wire.stamp(expires_s),
        "body": order.body,
    }
    await link.publish(
        f"{wire.BASE}/{order.agent}/cmd/{order.request_id}",
        wire.pack(payload),
        retain=order.retain,
        # An interval of 0 would be dropped by the broker; an expired command shall arrive.
        expiry_s=order.expires_in_s if order.expires_in_s > 0 else None,
    )


async def desired(
    link: Link, agent: str, kind: str, name: str, rev: int, body: Any, *, deleted: bool = False
) -> None:
    """Returns when the broker has it."""
    document = {"rev": rev, **({"deleted": True} if deleted else {}), "body": body}
    topic = f"{wire.BASE}/{agent}/desired/{kind}/{name}"
    await link.publish(topic, wire.pack(document), retain=True)


async def vehicle_in(link: Link, agent: str, name: str, body: Any) -> None:
    await link.publish(f"{wire.BASE}/{agent}/vehicle-in/{name}", wire.pack(body))
