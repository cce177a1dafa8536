"""Ports on which nobody listens yet, though several processes of tests run beside each other."""

import itertools
import os
import random
import socket

FIRST, EACH = 10_000, 2_500
PROCESSES = 9
"""All lie below 32768, where Linux begins to take ports for connections that go out."""

_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PROCESSES
_turns = itertools.count(random.randrange(EACH))


def free_port() -> int:
    """Each process of tests has a range of its own and walks through it: what was given away is
    not given again soon, to no test of this run, even while nobody listens on it."""
    for turn in itertools.islice(_turns, EACH):
        port = FIRST + _process * EACH + turn % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"none of {EACH} ports from {FIRST + _process * EACH} on is free")
