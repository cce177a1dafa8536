"""Words that several commands share: amounts of money, and lines as wide as the terminal."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

LEAST_AMOUNT: Final = 0.005
NARROWEST: Final = 40


def amount(value: float, currency: str | None) -> str:
    """Money with its currency, if that is known; less than half a cent is told as such."""
    money = f" {currency}" if currency else ""
    return f"under 0.01{money}" if 0 < value < LEAST_AMOUNT else f"{value:z.2f}{money}"


def show(lines: Iterable[str]) -> None:
    """Print lines; on a terminal what is too long for it goes on between two words, a step
    further in. Files and programs get a line for a line."""
    columns = max(NARROWEST, shutil.get_terminal_size().columns)
    width = columns if sys.stdout.isatty() else None
    for line in lines:
        for part in folded(line, width):
            print(part)


def folded(line: str, width: int | None) -> Iterator[str]:
    """
    Args:
        width: in characters; None = as long as it is.
    """
    if width is None or len(line) <= width:
        yield line
        return
    deep = " " * (len(line) - len(line.lstrip()) + 2)
    yield from textwrap.wrap(
        line, width, subsequent_indent=deep, break_long_words=False, break_on_hyphens=False
    )
