"""The door for programs on this machine: a Unix socket that answers one JSON line with one.

{"ask": "status"}                      -> the status document, plus "metrics"
{"ask": "backup", "to": "/path/file"}  -> {"ok": true}
Every answer to something else, or to no JSON, is {"problem": "..."}. Only the user that Hearth
runs as and its group may connect.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson

from agent.bridges.status import document
from agent.model.driver import LinkDown
from agent.model.picture import Picture
from agent.watched import Watched

log = logging.getLogger(__name__)

ASK_WITHIN_S = 5.0
LONGEST_LINE = 64 * 1024

Metrics = Callable[[], dict[str, Any]]
Backup = Callable[[Path], Awaitable[None]]


class Failed(Exception):
    """What was asked did not work; the message says why and what would."""


class LocalDoor:
    """
    Args:
        metrics: figures of this process, added to the status document.
        backup: copies the database; raises Failed with the remedy.
    """

    name = "local status socket"

    def __init__(
        self, path: Path, pictures: Watched[Picture], metrics: Metrics, backup: Backup
    ) -> None:
        self._path, self._pictures = path, pictures
        self._metrics, self._backup = metrics, backup

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            LinkDown: the socket cannot be made.
        """
        try:
            self._path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(
                self._serve, path=str(self._path), limit=LONGEST_LINE
            )
            self._path.chmod(0o660)
        except OSError as error:
            raise LinkDown(
                f"cannot make {self._path}: {error.strerror}; set api.socket to a place that"
                " Hearth may write to"
            ) from None
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                line = await reader.readline()
            answer = await self._answer(line)
            writer.write(orjson.dumps(answer) + b"\n")
            async with asyncio.timeout(ASK_WITHIN_S):
                await writer.drain()
        except (TimeoutError, ConnectionError, ValueError) as error:
            log.debug("a local program left: %s", error)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = orjson.loads(line)
        except orjson.JSONDecodeError:
            return {"problem": "that is no JSON line"}
        match asked:
            case {"ask": "status"}:
                return document(self._pictures.value) | {"metrics": self._metrics()}
            case {"ask": "backup", "to": str(to)}:
                try:
                    await self._backup(Path(to))
                except Failed as error:
                    return {"problem": str(error)}
                return {"ok": True}
            case _:
                return {"problem": "nothing of that name can be asked; try status or backup"}
