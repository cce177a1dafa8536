"""A path between two ends of a TCP connection that can be slow, silent or cut."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Path:
    """Args:
    latency_s: real seconds each way.
    bytes_per_s: how much goes up; None = as much as comes.
    up, down: False swallows what goes that way; up is towards the server.
    bytes_up, bytes_down: what went through.
    """

    port: int = 0
    latency_s: float = 0.0
    bytes_per_s: float | None = None
    up: bool = True
    down: bool = True
    bytes_up: int = 0
    bytes_down: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def swallow(self) -> None:
        """From now on nothing gets through, and nobody is told."""
        self.up = self.down = False

    def heal(self) -> None:
        self.up = self.down = True

    def reset(self) -> None:
        """Cut all connections with a RST; new ones are let in."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool
    ) -> None:
        """Move bytes one way until the end, each after `latency_s`."""
        loop = asyncio.get_running_loop()
        due: deque[tuple[float, bytes]] = deque()
        news = asyncio.Event()

        async def deliver() -> None:
            while True:
                await news.wait()
                news.clear()
                while due:
                    at_s, piece = due.popleft()
                    await asyncio.sleep(max(0.0, at_s - loop.time()))
                    if up and self.bytes_per_s:
                        await asyncio.sleep(len(piece) / self.bytes_per_s)
                    if self.up if up else self.down:
                        writer.write(piece)
                        await writer.drain()

        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(deliver())
            with suppress(ConnectionError):
                while piece := await reader.read(8_192):
                    if up:
                        self.bytes_up += len(piece)
                    else:
                        self.bytes_down += len(piece)
                    due.append((loop.time() + self.latency_s, piece))
                    news.set()
            delivering.cancel()
            writer.close()


@asynccontextmanager
async def path_to(port: int, *, latency_s: float = 0.0) -> AsyncIterator[Path]:
    """A path to a server on this machine, at a port of its own."""
    path = Path(latency_s=latency_s)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        path._writers |= {writer, there_writer}
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(path.carry(reader, there_writer, up=True))
                tasks.create_task(path.carry(there_reader, writer, up=False))
        path._writers -= {writer, there_writer}
        for each in (writer, there_writer):
            each.transport.abort()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    path.port = server.sockets[0].getsockname()[1]
    try:
        yield path
    finally:
        server.close()
        path.reset()
        await asyncio.sleep(0.01)
