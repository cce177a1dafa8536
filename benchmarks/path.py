"""A path between two ends of a TCP connection that can be slow, silent or cut.

As a program: `python -m benchmarks.path PORT LATENCY_S` prints its own port; on SIGUSR1 and at the
end it prints how many bytes went through.
"""

import asyncio
import json
import signal
import sys
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
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def swallow(self) -> None:
        """From now on nothing gets through, and nobody is told."""
        self.up = self.down = False

    def heal(self) -> None:
        self.up = self.down = True

    def reset(self) -> None:
        """Cut all connections with a RST; new ones are let in."""
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

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
        path.writers |= {writer, there_writer}
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(path.carry(reader, there_writer, up=True))
                tasks.create_task(path.carry(there_reader, writer, up=False))
        path.writers -= {writer, there_writer}
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


async def _run(port: int, latency_s: float) -> None:
    async with path_to(port, latency_s=latency_s) as path:
        print(json.dumps({"path": path.port}), flush=True)
        stop, told = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGUSR1, told.set)
        leaving = asyncio.create_task(stop.wait(), name="until told to stop")
        while not leaving.done():
            told.clear()
            asked = asyncio.create_task(told.wait(), name="until asked")
            await asyncio.wait({asked, leaving}, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            print(json.dumps({"up": path.bytes_up, "down": path.bytes_down}), flush=True)


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), float(sys.argv[2])))
