"""One connection of a charge point: frames in and out, our requests, a pulse."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from drivers.ocpp import rpc
from drivers.ocpp.calls import Calls, Pacing
from drivers.ocpp.pulse import Pulse, Verdict
from drivers.ocpp.transport import ChargerSocket, read_frames, send_ping, write_frame

log = logging.getLogger(__name__)

PARTINGS = {1000: "it said goodbye", 1001: "it said goodbye", 1009: "its message was too large"}


class Line:
    """Args:
    name, identity: of the charger, for people and for logs of frames.
    mute: called when the charger does not answer requests any more.
    """

    def __init__(
        self,
        name: str,
        identity: str,
        socket: ChargerSocket,
        pacing: Pacing,
        pulse: Pulse,
        mute: Callable[[], None],
    ) -> None:
        self._identity = identity
        self._socket = socket
        self._pulse = pulse
        self.calls = Calls(name, self.write, mute, pacing)
        self.unreadable = 0  # frames in a row
        self._aborted = False

    async def listen(self, take: Callable[[bytes], Awaitable[None]]) -> None:
        """Hand over frame after frame until the connection ends, whoever ends it."""

        async def logged(frame: bytes) -> None:
            if log.isEnabledFor(logging.DEBUG):
                log.debug("%s > %s", self._identity, rpc.masked(frame))
            await take(frame)

        await read_frames(self._socket, logged)

    async def write(self, frame: bytes) -> None:
        """Send one frame.

        Raises:
            LinkDown: the connection is gone.
        """
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s < %s", self._identity, rpc.masked(frame))
        await write_frame(self._socket, frame)

    async def ping(self) -> None:
        """Ask for any sign of life.

        Raises:
            LinkDown: the connection is gone.
        """
        await send_ping(self._socket)

    def pulse(self, mono_s: float) -> Verdict:
        silent_s = asyncio.get_running_loop().time() - self._socket.heard_s
        return self._pulse.check(silent_s, mono_s)

    def abort(self) -> None:
        """Close without waiting for a peer that may be dead."""
        self._aborted = True
        self._socket.abort()

    @property
    def parting(self) -> str:
        """How it ended."""
        if self._aborted:
            return "Hearth closed the connection"
        return PARTINGS.get(self._socket.close_code or 1006, "the connection broke")
