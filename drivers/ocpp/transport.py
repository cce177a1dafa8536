"""The WebSocket server: handshake, limits, one frame after the other.

No compression (it costs three times the memory per charger), no server pings (many chargers
never answer them); any byte from a charger counts as a sign of life.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from agent.model.driver import LinkDown
from drivers.ocpp import parse, versions
from drivers.ocpp.config import OcppConfig
from drivers.ocpp.doorman import Doorman, identity_of

MAX_FRAME_BYTES = 256 * 1024
"""Answers to GetConfiguration and reports of variables reach tens of KiB; nothing is larger."""
NOT_ADMITTED = "it shows a wrong password or none; type the one of the config file into the charger"
OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0
SEND_TIMEOUT_S = 10.0


class ChargerSocket(ServerConnection):
    """One connection that remembers who it belongs to and when it was last heard.

    Args:
        version: of OCPP, to be spoken.
        guessed: nobody named a version that Hearth knows.
    """

    identity = ""
    version = versions.OLDEST
    guessed = False
    heard_s = 0.0  # of the event loop's clock

    def data_received(self, data: bytes) -> None:
        self.heard_s = self.loop.time()
        super().data_received(data)

    @property
    def source(self) -> str:
        address = self.remote_address
        return str(address[0]) if address else "an unknown address"

    @property
    def offered(self) -> str:
        """The subprotocols that the charger named, if none of them is ours."""
        if self.subprotocol is not None or self.request is None:
            return ""
        return ", ".join(self.request.headers.get_all("Sec-WebSocket-Protocol")) or "none"

    def abort(self) -> None:
        """Close without waiting for a peer that may be dead."""
        self.transport.abort()


class Handshake:
    """Decides on every connection before it is one.

    Args:
        connected: whether an identity has a connection already, which the new one replaces.
        knocked: called when an unknown identity knocks for the first time.
        refused: called when a known identity is not let in, with the reason.
        pins: by identity, the version of OCPP that the installer wants; None = any.
    """

    def __init__(
        self,
        doorman: Doorman,
        max_sockets: int,
        connected: Callable[[str], bool],
        knocked: Callable[[], Awaitable[None]],
        refused: Callable[[str, str], Awaitable[None]],
        pins: Mapping[str, str | None],
    ) -> None:
        self._pins = pins
        self._doorman = doorman
        self._max_sockets = max_sockets
        self._connected = connected
        self._knocked = knocked
        self._refused = refused

    async def check(self, socket: ServerConnection, request: Request) -> Response | None:
        if not isinstance(socket, ChargerSocket):
            raise TypeError("the server makes ChargerSockets only")
        identity = identity_of(request.path)
        if not self._doorman.knows(identity):
            if "Sec-WebSocket-Key" in request.headers and self._doorman.ask_for_approval(
                identity, socket.source
            ):
                await self._knocked()
            return socket.respond(HTTPStatus.NOT_FOUND, "Hearth does not know this charger.\n")
        authorization = request.headers.get_all("Authorization")
        status = self._doorman.admit(
            identity, authorization[0] if authorization else None, socket.source, socket.loop.time()
        )
        if status is not HTTPStatus.OK:
            response = socket.respond(status, "Wrong or missing password.\n")
            if status is HTTPStatus.UNAUTHORIZED:
                response.headers["WWW-Authenticate"] = 'Basic realm="Hearth"'
                await self._refused(identity, NOT_ADMITTED)
            return response
        if len(socket.server.connections) >= self._max_sockets and not self._connected(identity):
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.\n")
        offered = versions.offers(request.headers.get_all("Sec-WebSocket-Protocol"))
        pinned = self._pins.get(identity)
        if versions.contradicts(offered, pinned):
            await self._refused(identity, _wrong_version(offered, pinned))
            return socket.respond(HTTPStatus.BAD_REQUEST, f"Hearth wants OCPP {pinned} here.\n")
        socket.identity = identity
        socket.version = versions.spoken(offered, pinned)
        socket.guessed = pinned is None and versions.chosen(offered, pinned) is None
        return None


def _wrong_version(offered: Sequence[str], pinned: str | None) -> str:
    return (
        f"it offers {parse.text(', '.join(offered), 60)}, but ocpp_version in the config file is "
        f"{pinned}; choose OCPP {pinned} JSON in the charger, or change ocpp_version"
    )


def select_subprotocol(
    socket: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """The version that was decided on, by the name that the charger gave it; else none."""
    if not isinstance(socket, ChargerSocket):
        return None
    spoken = socket.version
    return next((name for name in offered if versions.PROTOCOLS.get(name) == spoken), None)


async def start_server(
    config: OcppConfig,
    handshake: Handshake,
    handler: Callable[[ChargerSocket], Awaitable[None]],
) -> Server:
    """Listen.

    Raises:
        LinkDown: the address or port cannot be had, or the certificate cannot be used.
    """

    async def handle(socket: ServerConnection) -> None:
        if isinstance(socket, ChargerSocket):
            await handler(socket)

    try:
        return await serve(
            handle,
            config.listen,
            config.port,
            process_request=handshake.check,
            select_subprotocol=select_subprotocol,
            create_connection=ChargerSocket,
            compression=None,
            ping_interval=None,
            server_header="Hearth",
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_FRAME_BYTES,
            logger=_quiet_logger(),
            ssl=_tls(config),
        )
    except OSError as error:
        raise LinkDown(
            f"chargers cannot connect: port {config.port} on {config.listen} cannot be opened "
            f"({error.strerror or error}); is another program using it?"
        ) from error


def _tls(config: OcppConfig) -> ssl.SSLContext | None:
    if config.tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(config.tls_certificate, config.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise LinkDown(
            f"the certificate {config.tls_certificate} with key {config.tls_key} cannot be used: "
            f"{error}"
        ) from error
    return context


def _quiet_logger() -> logging.Logger:
    """The library's logger without its frames and headers: they hold passwords."""
    logger = logging.getLogger("drivers.ocpp.websocket")
    logger.setLevel(logging.ERROR)
    if _worth_telling not in logger.filters:
        logger.addFilter(_worth_telling)
    return logger


def _worth_telling(record: logging.LogRecord) -> bool:
    """A failed handshake is somebody else's fault and no error of ours."""
    return "handshake" not in record.getMessage()


async def read_frames(socket: ChargerSocket, take: Callable[[bytes], Awaitable[None]]) -> None:
    """Hand over frame after frame until the connection ends, whoever ends it."""
    try:
        while True:
            frame = await socket.recv(decode=False)
            await take(frame if isinstance(frame, bytes) else frame.encode())
    except ConnectionClosed:
        return


async def write_frame(socket: ChargerSocket, frame: bytes) -> None:
    """Send one frame as text.

    Raises:
        LinkDown: the connection is gone.
    """
    await _within_reason(socket, socket.send(frame, text=True))


async def send_ping(socket: ChargerSocket) -> None:
    """Send a ping; the answer is heard like any other byte.

    Raises:
        LinkDown: the connection is gone.
    """
    await _within_reason(socket, socket.ping())


async def _within_reason(socket: ChargerSocket, sending: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await sending
    except ConnectionClosed as error:
        raise LinkDown("the connection is gone") from error
    except TimeoutError as error:
        socket.abort()
        raise LinkDown("the charger takes no data any more") from error
