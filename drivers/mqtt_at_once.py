"""What aiomqtt asks of the event loop, done at once."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any


class AtOnce:
    """The event loop for aiomqtt.

    aiomqtt puts off to the loop's next turn what it asks of the loop, since it may be in another
    thread. By then a lost connection may have closed the socket: to watch it fails with a
    traceback, or, where its number has gone to another socket, goes on for ever and takes all of
    the processor.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._thread = loop, threading.get_ident()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: object) -> None:
        """Call it now in the loop's own thread; from another, in the loop's next turn."""
        if threading.get_ident() == self._thread:
            callback(*args)
        else:
            self._loop.call_soon_threadsafe(callback, *args)
