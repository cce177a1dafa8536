"""The WebSocket side of a charge point: calls out, calls in, one call of its own at a time."""

import asyncio
import base64
import contextlib
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

_ANSWER_WITHIN_S = 30.0
_LONGEST_PAUSE_S = 30.0
_FIRST_PAUSE_S = 0.5

Payload = dict[str, Any]


class LinkLost(Exception):
    """No connection, or it broke before the answer came."""


class CallFailed(Exception):
    """The other side answered with a CALLERROR, or not at all in 30 s."""


class CallProblem(Exception):
    """What to answer a call with when it cannot be done: an OCPP-J error code and a sentence."""

    def __init__(self, code: str, sentence: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class OcppLink:
    """Args:
    handle: answers an inbound call; may raise CallProblem.
    say: tells the world about connections.
    """

    def __init__(
        self,
        *,
        url: str,
        identity: str,
        password: str | None,
        subprotocol: str,
        handle: Callable[[str, Payload], Payload],
        say: Callable[..., None],
    ) -> None:
        self.url = f"{url.rstrip('/')}/{identity}"
        self.headers: dict[str, str] = {}
        if password is not None:
            token = base64.b64encode(f"{identity}:{password}".encode()).decode()
            self.headers["Authorization"] = f"Basic {token}"
        self.subprotocol = subprotocol
        self.handle = handle
        self.say = say
        self.connected = asyncio.Event()
        self.disconnected = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Connect again and again, with longer and longer pauses while nobody answers."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async with connect(
                    self.url,
                    subprotocols=[self.subprotocol],  # type: ignore[list-item]
                    additional_headers=self.headers,
                    compression=None,
                    open_timeout=10,
                    close_timeout=1,
                ) as socket:
                    pause_s = _FIRST_PAUSE_S
                    await self._talk(socket)
            except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
                self.say("offline", why=str(error) or type(error).__name__)
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def _talk(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.disconnected.clear()
        self.connected.set()
        self.say("connected")
        try:
            async for frame in socket:
                await self._heard(frame)
        finally:
            self._socket = None
            self.connected.clear()
            self.disconnected.set()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(LinkLost("the connection broke"))
                    future.exception()  # its caller may have met the break itself, in sending
            self._waiting.clear()

    async def drop(self) -> None:
        """Close the connection; run() opens a new one."""
        if self._socket is not None:
            await self._socket.close()

    async def call(self, action: str, payload: Payload) -> Payload:
        """Send a call and wait for its answer.

        Raises:
            LinkLost: there is no connection, or not any more.
            CallFailed: the answer was an error, or did not come.
        """
        async with self._one_at_a_time:
            message_id = str(uuid.uuid4())
            future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
            self._waiting[message_id] = future
            try:
                await self._send([2, message_id, action, payload])
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    return await future
            except TimeoutError as error:
                raise CallFailed(f"no answer to {action}") from error
            finally:
                self._waiting.pop(message_id, None)

    async def _send(self, message: list[Any]) -> None:
        if self._socket is None:
            raise LinkLost("not connected")
        try:
            await self._socket.send(json.dumps(message, separators=(",", ":")))
        except WebSocketException as error:
            raise LinkLost(str(error)) from error

    async def _heard(self, frame: str | bytes) -> None:
        try:
            message = json.loads(frame)
            kind, message_id = message[0], message[1]
        except (ValueError, LookupError, TypeError) as error:
            self.say("nonsense", why=str(error))
            return
        if kind == 2:
            await self._answer(message_id, message)
            return
        future = self._waiting.get(message_id)
        if future is None or future.done():
            self.say("nonsense", why=f"an answer to nothing: {message_id}")
        elif kind == 3:
            future.set_result(message[2])
        else:
            future.set_exception(CallFailed(" ".join(str(part) for part in message[2:4])))

    async def _answer(self, message_id: str, message: list[Any]) -> None:
        try:
            action, payload = message[2], message[3]
            reply: list[Any] = [3, message_id, self.handle(action, payload)]
        except CallProblem as problem:
            reply = [4, message_id, problem.code, str(problem), {}]
        except (LookupError, ValueError, TypeError) as error:
            reply = [4, message_id, "FormationViolation", str(error), {}]
        with contextlib.suppress(LinkLost):
            await self._send(reply)
