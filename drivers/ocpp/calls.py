"""Our requests over one socket: one at a time, the urgent ones first, none for ever.

OCPP-J 1.6 §4.1.1 forbids a second CALL before the first is answered or timed out. Requests
made before the charger is ready for them wait; requests pending when the socket closes fail
at once.
"""

import asyncio
import heapq
import itertools
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from agent.model.driver import LinkDown
from drivers.ocpp import rpc

log = logging.getLogger(__name__)

UNANSWERED_MAX = 3
"""So many requests in a row without an answer, and the connection counts as half-dead."""


class Priority(IntEnum):
    """Who goes first; the smaller number wins."""

    SAFETY = 0
    STOP = 1
    START = 2
    CONFIG = 3
    INFO = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How patient Hearth is with a charger, in real seconds.

    Args:
        settle_s: pause after the first message of a charger before anything is asked of it;
            Wallbox firmware 5 reboots when asked earlier.
        backstop_s: a charger that says nothing may be asked after this long.
        answer_s: how long an answer may take; writing a profile takes up to twice as long.
        quiet_s: a connection is not taken for dead before so much real silence.
    """

    settle_s: float = 1.0
    backstop_s: float = 10.0
    answer_s: float = 10.0
    quiet_s: float = 5.0


class Declined(Exception):
    """The charger answered with a CallError."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code} {description}".strip())
        self.code = code


class Calls:
    """Args:
    who: the charger's name, for messages.
    write: sends one frame.
    drop: closes the socket; called when the charger does not answer any more.
    """

    def __init__(
        self,
        who: str,
        write: Callable[[bytes], Awaitable[None]],
        drop: Callable[[], None],
        pacing: Pacing,
    ) -> None:
        self.who = who
        self._write = write
        self._drop = drop
        self._pacing = pacing
        self._numbers = itertools.count(random.randrange(1, 10**6))
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._busy = True  # until the charger is ready
        self._pending: tuple[str, asyncio.Future[dict[str, Any]]] | None = None
        self._unanswered = 0
        self._gone: str | None = None
        self._heard = False
        self._opening = asyncio.get_running_loop().call_later(pacing.backstop_s, self._hand_over)

    async def call(
        self, action: str, payload: dict[str, Any], *, priority: Priority, patience: float = 1.0
    ) -> dict[str, Any]:
        """Return the answer's payload; `patience` stretches the time that it may take.

        Raises:
            LinkDown: no answer in time, or the connection is lost.
            Declined: the charger answered with an error.
        """
        async with self._turn(priority):
            answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
            number = str(next(self._numbers))
            self._pending = number, answer
            frame = rpc.call_frame(number, action, payload)
            try:
                async with asyncio.timeout(self._pacing.answer_s * patience):
                    await self._write(frame)
                    return await answer
            except TimeoutError:
                self._count_unanswered()
                raise LinkDown(f"{self.who} did not answer {action}") from None
            finally:
                self._pending = None

    async def ready(self) -> None:
        """Wait until the charger may be asked something.

        Raises:
            LinkDown: the connection is lost.
        """
        async with self._turn(Priority.INFO):
            return

    def heard(self) -> None:
        """The charger spoke; soon it may be asked something."""
        if not self._heard and self._gone is None:
            self._heard = True
            self._opening.cancel()
            self._opening = asyncio.get_running_loop().call_later(
                self._pacing.settle_s, self._hand_over
            )

    def answered(self, frame: rpc.Result | rpc.Fault) -> None:
        """Match an answer to its request; late ones are skipped."""
        self._unanswered = 0
        if self._pending is None or str(frame.id) != self._pending[0]:
            return
        answer = self._pending[1]
        if answer.done():
            return
        if isinstance(frame, rpc.Result):
            answer.set_result(frame.payload)
        else:
            answer.set_exception(Declined(frame.code, frame.description))

    def close(self, why: str) -> None:
        """Fail everything that waits, at once."""
        if self._gone is not None:
            return
        self._gone = why
        self._opening.cancel()
        if self._pending is not None:
            _fail(self._pending[1], why)
        for _, _, place in self._waiting:
            _fail(place, why)
        self._waiting.clear()

    @asynccontextmanager
    async def _turn(self, priority: Priority) -> AsyncIterator[None]:
        if self._gone is not None:
            raise LinkDown(self._gone)
        if self._busy:
            await self._stand_in_line(priority)
        self._busy = True
        try:
            yield
        finally:
            self._hand_over()

    async def _stand_in_line(self, priority: Priority) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), place))
        entered = False
        try:
            await place
            entered = True
        finally:
            if not entered and place.done() and not place.cancelled() and self._gone is None:
                self._hand_over()

    def _hand_over(self) -> None:
        while self._waiting:
            _, _, place = heapq.heappop(self._waiting)
            if not place.done():
                place.set_result(None)
                return
        self._busy = False

    def _count_unanswered(self) -> None:
        self._unanswered += 1
        if self._unanswered >= UNANSWERED_MAX:
            log.warning(
                "%s did not answer %d requests in a row; Hearth closes the connection so that it "
                "starts anew. If this repeats, restart the charger",
                self.who,
                UNANSWERED_MAX,
            )
            self._drop()


def _fail(future: asyncio.Future[Any], why: str) -> None:
    if not future.done():
        future.set_exception(LinkDown(why))
        future.exception()  # whoever waits is told; nobody may be waiting any more
