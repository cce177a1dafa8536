"""The door for programs on this machine: a Unix socket that answers one JSON line with one.

{"ask": "status"}                      -> the status document, plus "metrics"
{"ask": "why", "device": "garage"}     -> why it does what it does; see docs/why.md
{"ask": "pair", "charger": "garage", "car": "zoe", "always": false} -> {"ok": true, "says": ...};
for the car also guest, not-mine, automatic or find-out
{"ask": "backup", "to": "/path/file"}  -> {"ok": true}
{"ask": "record", "tokens": false, "positions": "exact"} -> the lines of a stream until the
asker hangs up; positions also rounded or none; see docs/streams.md
Every answer to something else, or to no JSON, is {"problem": "..."}. Only the user that Hearth
runs as and its group may connect.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import orjson

from agent.bridges import local_pair, plan, why
from agent.bridges.status import document
from agent.bridges.streams.positions import Positions
from agent.bridges.streams.recording import Recorder
from agent.bridges.streams.writing import Discretion
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
        submit: takes what people say.
        recorder: gives the living house as a stream; without it nothing can be recorded.
        tried: set once the socket has been made, or could not be.
    """

    name = "local status socket"

    def __init__(
        self,
        path: Path,
        pictures: Watched[Picture],
        metrics: Metrics,
        backup: Backup,
        submit: local_pair.Submit,
        recorder: Recorder | None = None,
        tried: asyncio.Event | None = None,
    ) -> None:
        self._tried = tried or asyncio.Event()
        self._path, self._pictures, self._submit = path, pictures, submit
        self._metrics, self._backup, self._recorder = metrics, backup, recorder

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
        finally:
            self._tried.set()
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)
            if self._recorder is not None:
                await self._recorder.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                line = await reader.readline()
            wanted = _recording(line)
            if wanted is not None and self._recorder is not None:
                await self._record(self._recorder, wanted, reader, writer)
                return
            answer = await self._answer(line)
            writer.write(orjson.dumps(answer) + b"\n")
            async with asyncio.timeout(ASK_WITHIN_S):
                await writer.drain()
        except (TimeoutError, ConnectionError, ValueError) as error:
            log.debug("a local program left: %s", error)
        finally:
            writer.close()

    async def _record(
        self,
        recorder: Recorder,
        wanted: Discretion,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Tell the asker all that happens until it hangs up."""
        async with aclosing(recorder.lines(wanted)) as lines:
            async for line in lines:
                if reader.at_eof():
                    return
                writer.write(line)
                async with asyncio.timeout(ASK_WITHIN_S):
                    await writer.drain()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = orjson.loads(line)
        except orjson.JSONDecodeError:
            return {"problem": "that is no JSON line"}
        match asked:
            case {"ask": "status"}:
                return document(self._pictures.value) | {"metrics": self._metrics()}
            case {"ask": "why", "device": str(device)}:
                try:
                    return why.document(device, self._pictures.value)
                except why.NoSuchDevice as error:
                    return {"problem": str(error)}
            case {"ask": "plan"}:
                return plan.document(self._pictures.value)
            case {"ask": "pair", "charger": str(), "car": str()}:
                return await local_pair.take(asked, self._pictures, self._submit)
            case {"ask": "backup", "to": str(to)}:
                try:
                    await self._backup(Path(to))
                except Failed as error:
                    return {"problem": str(error)}
                return {"ok": True}
            case _:
                known = "status, why, plan, pair or backup"
                return {"problem": f"nothing of that name can be asked; try {known}"}


def _recording(line: bytes) -> Discretion | None:
    """What a recording may tell, if the line asks for one."""
    try:
        asked = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(asked, dict) or asked.get("ask") != "record":
        return None
    return Discretion(tokens=asked.get("tokens") is True, positions=_positions(asked))


def _positions(asked: dict[str, Any]) -> Positions:
    """What is not understood tells less rather than more."""
    wanted = asked.get("positions", Positions.EXACT)
    if wanted is True:
        return Positions.EXACT
    return Positions(wanted) if wanted in list(Positions) else Positions.NONE
