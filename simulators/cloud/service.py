"""The cloud while it runs: receive, keep, ack, ask."""

import asyncio
import json
import random
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn, TypeVar

import aiomqtt

from simulators.clock import SimClock
from simulators.cloud import link, orders, telemetry, wire
from simulators.cloud.gaps import PATIENCE_S, Gaps
from simulators.cloud.nasty import Nasty
from simulators.cloud.report import Report, report
from simulators.cloud.store import Store, Taken
from simulators.process import say

T = TypeVar("T")

_BATCH = 500
_AT_ONCE = 100
_LOOK_S = 0.5
_PAUSE_S = (0.2, 1.0)


class _Away(Exception):
    """The link goes down on purpose."""


@dataclass(slots=True)
class Cloud:
    """Args:
    share: name of a shared subscription for events and telemetry; None has them all.
    patience_s: how long a gap may stand before the agent is asked.
    """

    store: Store
    there: link.Broker
    nasty: Nasty
    client_id: str
    clock: SimClock | None = None
    share: str | None = None
    patience_s: float = PATIENCE_S
    on_ready: Callable[[str], None] = lambda _protocol: None
    _inbox: deque[wire.Message] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _owed: dict[str, set[str] | None] = field(default_factory=dict)  # None: all resources
    _owing: asyncio.Event = field(default_factory=asyncio.Event)
    _leave: asyncio.Event = field(default_factory=asyncio.Event)
    _away_s: float = 0.0
    _db: asyncio.Lock = field(default_factory=asyncio.Lock)
    _link: link.Link | None = None
    _down: bool = False  # and that has been said
    _answers: dict[str, asyncio.Future[wire.Json]] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        if self.nasty.offline_for_s:
            loop = asyncio.get_running_loop()
            loop.call_later(self.nasty.offline_after_s, self.go_away, self.nasty.offline_for_s)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stay_connected(), name="link")
            tasks.create_task(self._keep(), name="store")

    def go_away(self, seconds: float) -> None:
        """Leave the broker for so many real seconds; the session stays there."""
        self._away_s = seconds
        self._leave.set()

    async def report(self) -> Report:
        return await self._with_store(lambda: report(self.store.db))

    async def look(self, question: Callable[[Store], Any]) -> Any:
        """Ask the store something."""
        return await self._with_store(lambda: question(self.store))

    async def send(self, order: orders.Command, wait_s: float) -> wire.Json | None:
        """Give a command; returns its result, or None if none comes in time.

        Raises:
            ConnectionError: the cloud is away from its broker.
        """
        answer: asyncio.Future[wire.Json] = asyncio.get_running_loop().create_future()
        self._answers[order.request_id] = answer
        try:
            await orders.command(self.connected(), order, self.clock)
            async with asyncio.timeout(wait_s):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._answers.pop(order.request_id, None)

    def connected(self) -> link.Link:
        """Raises:
        ConnectionError: the cloud is away from its broker.
        """
        if self._link is None:
            raise ConnectionError("the cloud is not connected to its broker")
        return self._link

    async def _stay_connected(self) -> NoReturn:
        while True:
            ended = await _outcome(self._connected_once)
            self._link = None
            if ended is None:
                continue
            if ended.subgroup(_Away) is not None:
                note(f"away from the broker for {self._away_s:g} s")
                await asyncio.sleep(self._away_s)
            else:
                if not self._down:
                    note(f"broker {self.there.host}:{self.there.port}: {_first(ended)}")
                self._down = True
                await asyncio.sleep(random.uniform(*_PAUSE_S))

    async def _connected_once(self) -> None:
        here = link.connect(self.there, self.client_id, keep=True, hear=self._hear)
        async with here as self._link:
            await self._link.subscribe(*self._topics())
            self.on_ready(self._link.protocol)
            self._down = False
            await self._serve(self._link)

    def _topics(self) -> list[str]:
        every = f"{wire.BASE}/+"
        many = f"$share/{self.share}/{every}" if self.share else every
        own = [f"{every}/{t}" for t in ("status", "state/+/+", "reported/+/+", "cmd-result/+")]
        return [f"{many}/event", f"{many}/telemetry/+/+", *own]

    async def _serve(self, here: link.Link) -> None:
        self._leave.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_until_lost(here), name="lost")
            tasks.create_task(self._ack(here), name="ack")
            tasks.create_task(self._ask(here), name="ask")
            tasks.create_task(self._until_leaving(), name="leave")

    async def _until_leaving(self) -> NoReturn:
        await self._leave.wait()
        raise _Away

    def _hear(self, heard: aiomqtt.Message) -> None:
        payload = heard.payload if isinstance(heard.payload, bytes) else b""
        message = wire.message(str(heard.topic), payload, retained=bool(heard.retain))
        if message is not None:
            self._inbox.append(message)
            self._arrived.set()

    async def _keep(self) -> NoReturn:
        """Store what arrived; many messages share one flush of the disk."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._inbox:
                size = min(_BATCH, len(self._inbox))
                batch = [self._inbox.popleft() for _ in range(size)]
                self._taken(await self._with_store(partial(self.store.take, batch)))

    def _taken(self, taken: Taken) -> None:
        self.nasty.stored(taken.first)
        for fault in taken.faults:
            note(fault)
        for agent in taken.greeted:
            self._owed[agent] = None
        for agent in taken.events:
            self._owed.setdefault(agent, set())
        for agent, resources in taken.reaches.items():
            owed = self._owed.setdefault(agent, set())
            if owed is not None:
                owed |= resources
        if self._owed:
            self._owing.set()
        for request_id, result in taken.results:
            waiting = self._answers.get(request_id)
            if waiting is not None and not waiting.done():
                waiting.set_result(result)

    async def _ack(self, here: link.Link) -> NoReturn:
        while True:
            await self._owing.wait()
            self._owing.clear()
            await asyncio.sleep(self.nasty.ack_delay_s)
            owed = [self._owed.popitem() for _ in range(min(_AT_ONCE, len(self._owed)))]
            acks = await self._with_store(partial(self._acks, owed))
            try:
                await _all(
                    self._tell(here, agent, body)
                    for agent, body in acks
                    if not self.nasty.loses_this_ack()
                )
            except* Exception:
                self._owed.update(owed)
                raise
            if self._owed:
                self._owing.set()

    async def _tell(self, here: link.Link, agent: str, ack: wire.Json) -> None:
        await here.publish(f"{wire.BASE}/{agent}/ack", wire.pack(ack))
        self.store.told[agent] = ack["ackSeq"]

    def _acks(self, owed: list[tuple[str, set[str] | None]]) -> list[tuple[str, wire.Json]]:
        """An agent that has not said its bootId yet is told everything when it does."""
        acks = [self._ack_of(agent, resources) for agent, resources in owed]
        return [(agent, body) for agent, body in acks if body["bootId"] is not None]

    def _ack_of(self, agent: str, resources: set[str] | None) -> tuple[str, wire.Json]:
        seq, boot_id = self.store.ack_seq(agent)
        reach = telemetry.reach(self.store.db, agent)
        if resources is not None:
            reach = {name: to for name, to in reach.items() if name in resources}
        body: wire.Json = {"bootId": boot_id, "ackSeq": seq}
        return agent, {**body, "telemetry": reach} if reach else body

    async def _ask(self, here: link.Link) -> NoReturn:
        gaps = Gaps(self.patience_s)
        while True:
            await asyncio.sleep(min(_LOOK_S, self.patience_s / 4))
            behind = await self._with_store(self.store.behind)
            for agent in gaps.due(behind, time.monotonic()):
                body = await self._with_store(partial(self.store.page, agent))
                note(f"{agent}: {json.dumps(body)} is missing; asking for it")
                request_id = orders.new_request_id()
                order = orders.Command(
                    agent=agent, command="page.get", body=body, request_id=request_id
                )
                await orders.command(here, order, self.clock)

    async def _with_store(self, job: Callable[[], T]) -> T:
        """One thread at a time, and nobody leaves while it is at work."""
        async with self._db:
            at_work = asyncio.ensure_future(asyncio.to_thread(job))
            try:
                return await asyncio.shield(at_work)
            except asyncio.CancelledError:
                await asyncio.wait({at_work})
                raise


async def _outcome(job: Callable[[], Awaitable[None]]) -> ExceptionGroup | None:
    """Why a connection ended, in a task of its own: a TaskGroup in which something fails while it
    is cancelled forgets the cancellation (until Python 3.13), and the cloud would not stop.

    Raises:
        CancelledError: we were cancelled.
    """
    async with asyncio.TaskGroup() as alone:
        connection = alone.create_task(_ended(job), name="connection")
    return connection.result()


async def _ended(job: Callable[[], Awaitable[None]]) -> ExceptionGroup | None:
    ended = None
    try:
        await job()
    except* (_Away, aiomqtt.MqttError, TimeoutError, OSError) as errors:
        ended = errors
    return ended


async def _until_lost(here: link.Link) -> None:
    async for _ in here.client.messages:
        pass


async def _all(jobs: Any) -> None:
    async with asyncio.TaskGroup() as tasks:
        for job in jobs:
            tasks.create_task(_run(job))


async def _run(job: Awaitable[None]) -> None:
    await job


def _first(errors: BaseExceptionGroup[BaseException]) -> str:
    error = errors.exceptions[0]
    if isinstance(error, BaseExceptionGroup):
        return _first(error)
    return str(error) or "it is silent"


def note(sentence: str) -> None:
    """One line for a person, on standard error."""
    print(sentence, file=sys.stderr, flush=True)


def ready(protocol: str, control: int, client_id: str) -> None:
    say({"ready": True, "protocol": protocol, "control": control, "clientId": client_id})
