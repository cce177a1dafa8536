"""A stream file, plain or .gz, line by line and never as a whole."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any

import orjson

from agent.bridges.streams.header import BadHeader, Header, read
from agent.bridges.streams.lines import BadLine, Entry, Lines

LONGEST_LINE = 1024 * 1024
GZIP = b"\x1f\x8b"


class Fault(Exception):
    """A line that cannot be used: `FILE:LINE: what; remedy`."""


class Stream:
    """An opened stream.

    Args:
        lenient: faulty lines are left out and counted instead of raised.

    Attributes:
        number: of the line that was read last.
        skipped: how many were left out so far.
    """

    def __init__(self, name: str, lines: Iterator[bytes], *, lenient: bool) -> None:
        self._name, self._lines, self._lenient = name, enumerate(lines, start=1), lenient
        self.number = self.skipped = 0
        self.header = self._header()

    def entries(self) -> Iterator[Entry]:
        """Everything after the header, in order.

        Raises:
            Fault: a line cannot be used, and the stream is not lenient.
        """
        reader = Lines(self.header.devices)
        for number, raw in self._lines:
            self.number = number
            if raw.isspace():
                continue
            try:
                entry = reader.read(_tree(raw))
            except BadLine as error:
                self.refuse(error)
            else:
                yield entry

    def refuse(self, error: BadLine) -> None:
        """The line read last cannot be used.

        Raises:
            Fault: the stream is not lenient.
        """
        if not self._lenient:
            raise Fault(f"{self._name}:{self.number}: {error}") from None
        self.skipped += 1

    def _header(self) -> Header:
        for number, raw in self._lines:
            try:
                return read(_tree(raw))
            except (BadHeader, BadLine) as error:
                raise Fault(f"{self._name}:{number}: {error}") from None
        raise Fault(f"{self._name}:1: the file is empty; its first line must be a header")


def _tree(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"that is no JSON ({error.msg}); every line must be one object") from None


@contextmanager
def opened(path: Path, *, lenient: bool = False) -> Iterator[Stream]:
    """Open a file that is told plain or compressed by its first bytes.

    Raises:
        Fault: it cannot be read, or has no header.
    """
    try:
        with path.open("rb") as file:
            packed = file.peek(2)[:2] == GZIP
            source: BufferedIOBase = gzip.GzipFile(fileobj=file) if packed else file
            yield Stream(str(path), _raw_lines(path, source), lenient=lenient)
    except BrokenPipeError:
        raise  # of whoever reads what becomes of the stream, not of the file
    except OSError as error:
        raise Fault(f"{path}: {error.strerror or error}; name a stream file") from None


def _raw_lines(path: Path, source: BufferedIOBase | BufferedReader) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        try:
            raw = source.readline(LONGEST_LINE)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Fault(f"{path}:{number}: the file is damaged ({error}); copy it again") from None
        if not raw:
            return
        yield raw
