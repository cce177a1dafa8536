"""Simulators as the processes that they are, spoken to by lines of JSON."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

_WITHIN_S = 15.0

Line = dict[str, Any]


@dataclass
class Program:
    process: asyncio.subprocess.Process

    async def line(self, wanted: Callable[[Line], bool] = lambda _line: True) -> Line:
        """The next line that is wanted; others are dropped."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_WITHIN_S):
            while text := await self.process.stdout.readline():
                line: Line = json.loads(text)
                if wanted(line):
                    return line
        raise AssertionError("the program ended without saying that")

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def end(self) -> int:
        """SIGTERM, and the exit code."""
        self.tell(signal.SIGTERM)
        async with asyncio.timeout(_WITHIN_S):
            return await self.process.wait()


@asynccontextmanager
async def program(module: str, *args: str) -> AsyncIterator[Program]:
    """Run `python -m simulators.MODULE` for as long as the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"simulators.{module}",
        *args,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
