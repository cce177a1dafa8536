"""Sends a box's messages in order; what is about a transaction is tried again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from simulators.charger.box import Box
from simulators.charger.link import CallFailed, LinkLost
from simulators.charger.transaction import Outgoing, Payload
from simulators.clock import SimClock


class Caller(Protocol):
    """The part of OcppLink that a sender needs."""

    async def call(self, action: str, payload: Payload) -> Payload: ...


@dataclass(slots=True, kw_only=True)
class Sender:
    """Args:
    registered: set while the central system has accepted the box and is there.
    wake: makes the box act on an answer at once.
    """

    link: Caller
    box: Box
    registered: asyncio.Event
    clock: SimClock
    wake: Callable[[], None]

    async def send_next(self) -> None:
        """Send the oldest message as soon as there are both a message and a central system."""
        message = await self.box.outbox.first()
        await self.registered.wait()
        try:
            answer = await self.link.call(message.action, message.build())
        except LinkLost:
            self.registered.clear()
            if not message.durable:
                self.box.outbox.remove(message)
        except CallFailed as error:
            await self._refused(message, error)
        else:
            self.box.outbox.remove(message)
            self._tell(message, answer)

    async def _refused(self, message: Outgoing, error: CallFailed) -> None:
        """OCPP 1.6 §3.7.1: wait the interval times the attempts, and give up after some."""
        keys = self.box.keys
        message.attempts += 1
        self.box.say("refused", action=message.action, why=str(error))
        if not message.durable or message.attempts >= keys.number("TransactionMessageAttempts"):
            self.box.outbox.remove(message)
            return
        await self.clock.sleep(keys.number("TransactionMessageRetryInterval") * message.attempts)

    def _tell(self, message: Outgoing, answer: Payload) -> None:
        if message.done is None:
            return
        try:
            message.done(answer)
        except (LookupError, ValueError, TypeError) as error:
            self.box.say("nonsense", why=f"{type(error).__name__}: {error}")
        self.wake()
