"""The living house as a stream, for whoever asks at the local socket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import orjson

from agent.bridges.streams.writing import Discretion, Writer
from agent.model.clock import Clock
from agent.model.picture import Picture
from agent.taps import Taps
from agent.watched import Watched

LOOK_S = 1.0


class Recorder:
    def __init__(self, taps: Taps, pictures: Watched[Picture], clock: Clock) -> None:
        self._taps, self._pictures, self._clock = taps, pictures, clock
        self._silence = asyncio.Event()

    async def close(self) -> None:
        """End all recordings; returns when they have ended, or after a second."""
        if not self._taps:
            return
        self._silence.clear()
        self._taps.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._silence.wait()

    async def lines(self, discretion: Discretion) -> AsyncGenerator[bytes, None]:
        """The header, the house as it stands, and then all that happens, until close(). b"" when
        nothing did for a second. {"dropped": N} is no line of the stream: so many are missing."""
        writer = Writer(discretion)
        dropped = 0
        try:
            with self._taps.listening() as tap:
                yield writer.header(self._pictures.value)
                for line in writer.standing(self._pictures.value, self._clock.now()):
                    yield line
                while not tap.over:
                    try:
                        async with asyncio.timeout(LOOK_S):
                            await tap.news.wait()
                    except TimeoutError:
                        yield b""
                    now = self._clock.now()
                    made = [writer.line(happening, now) for happening in tap.take()]
                    yield b"".join(line for line in made if line is not None)
                    if tap.dropped > dropped:
                        dropped = tap.dropped
                        yield orjson.dumps({"dropped": dropped}, option=orjson.OPT_APPEND_NEWLINE)
        finally:
            if not self._taps:
                self._silence.set()
