"""What the bridge makes of what comes down, without a broker."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from agent.bridges.cloud.inbox import Inbox
from agent.bridges.cloud.presence import Presence
from agent.bridges.cloud.topics import Topics
from agent.bridges.documents import Sender
from agent.model.driver import LinkDown
from drivers.mqtt_link import Message
from tests.sim.store_values import HandClock

TOPICS = Topics("h")
CLOCK = HandClock()


def message(topic: str, body: dict[str, Any], *, retained: bool = False) -> Message:
    return Message(f"hearth/v1/h/{topic}", json.dumps(body).encode(), retained)


def status(boot_id: str, at: str) -> Message:
    return message("status", {"online": True, "bootId": boot_id, "time": at})


class Wire:
    """A link that brings some messages and may be lost while it publishes."""

    def __init__(self, *messages: Message, lost: bool = False) -> None:
        self._messages, self._lost = messages, lost
        self.published: list[str] = []

    async def messages(self) -> AsyncIterator[Message]:
        for each in self._messages:
            yield each

    async def publish(self, topic: str, *_: object, **__: object) -> None:
        if self._lost:
            raise LinkDown("lost")
        self.published.append(topic)


class World:
    """An inbox, and what it moves."""

    def __init__(self) -> None:
        self.acked: list[int] = []
        self.presence = Presence(TOPICS, "mine", "1", CLOCK)
        outbox = SimpleNamespace(last_seq=50, ack=self._ack)
        self.inbox = Inbox(
            topics=TOPICS,
            sender=Sender(agent_id="h", user_id="h"),
            store=SimpleNamespace(outbox=outbox),  # type: ignore[arg-type]
            pictures=None,  # type: ignore[arg-type]
            submit=None,  # type: ignore[arg-type]
            commands=SimpleNamespace(obey=self._obey),  # type: ignore[arg-type]
            cars=None,  # type: ignore[arg-type]
            presence=self.presence,
        )
        self._events = SimpleNamespace(acked=lambda: None)

    def hear(self, wire: Wire) -> None:
        asyncio.run(self.inbox.run(wire, self._events, None))  # type: ignore[arg-type]

    async def _ack(self, seq: int) -> bool:
        self.acked.append(seq)
        return True

    async def _obey(self, request_id: str, *_: object) -> dict[str, Any]:
        return {"requestId": request_id, "status": 200, "body": None}


def test_a_result_that_found_no_way_out_goes_first_next_time() -> None:
    world = World()
    with pytest.raises(LinkDown):
        world.hear(Wire(message("cmd/r1", {}), lost=True))
    again = Wire(message("cmd/r2", {}))
    world.hear(again)
    assert again.published == ["hearth/v1/h/cmd-result/r1", "hearth/v1/h/cmd-result/r2"]
    world.hear(third := Wire())
    assert third.published == []


def test_what_another_house_was_acked_frees_nothing_here() -> None:
    world = World()
    acks = [message("ack", {"bootId": boot, "ackSeq": 7}) for boot in ("theirs", "mine")]
    with pytest.raises(LinkDown, match="another Hearth uses the agent_id h"):
        world.hear(Wire(status("theirs", "2026-06-01T12:00:05Z")))
    world.hear(Wire(*acks))
    assert world.acked == [7]


def test_an_ack_of_a_life_before_counts_and_one_of_the_future_does_not() -> None:
    world = World()
    acks = [message("ack", {"bootId": "before", "ackSeq": seq}) for seq in (7, 51)]
    world.hear(Wire(*acks))
    assert world.acked == [7]


@pytest.mark.parametrize(
    ("boot_id", "at", "twin"),
    [
        ("theirs", "2026-06-01T12:00:05Z", True),
        ("before", "2026-06-01T11:59:59Z", False),  # our own last will
        ("mine", "2026-06-01T12:00:05Z", False),
        ("theirs", "nonsense", False),
    ],
)
def test_a_twin_is_who_spoke_after_we_had_begun(boot_id: str, at: str, *, twin: bool) -> None:
    assert Presence(TOPICS, "mine", "1", CLOCK).finds_twin(status(boot_id, at)) is twin


def test_without_a_clock_nobody_is_taken_for_a_twin() -> None:
    clock = HandClock()
    clock.value = type(clock.value)(at=clock.value.at, mono_s=1.0, trusted=False)
    presence = Presence(TOPICS, "mine", "1", clock)
    assert not presence.finds_twin(status("theirs", "2026-06-01T12:00:05Z"))
