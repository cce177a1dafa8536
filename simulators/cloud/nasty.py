"""How the cloud behaves badly, on purpose. Everything may be changed while it runs."""

import argparse
import os
import random
import signal
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Nasty:
    """Args:
    ack: False never acks.
    ack_lost: share of acks that are not sent, 0 to 1.
    ack_delay_s: real seconds between the disk and the ack.
    crash_after: ends by SIGKILL when so many new events are on disk, before their ack; 0 never.
    offline_after_s, offline_for_s: real seconds; the link goes down once. 0 never.
    """

    ack: bool = True
    ack_lost: float = 0.0
    ack_delay_s: float = 0.0
    crash_after: int = 0
    offline_after_s: float = 0.0
    offline_for_s: float = 0.0
    _stored: int = field(default=0, repr=False)

    def change(self, settings: dict[str, Any]) -> None:
        """Raises:
        ValueError: no such setting, or of another type.
        """
        kinds = {f.name: f.type for f in fields(self) if not f.name.startswith("_")}
        for name, value in settings.items():
            if name not in kinds:
                raise ValueError(f"no setting {name!r}; there are {sorted(kinds)}")
            if isinstance(value, bool) != (kinds[name] is bool):
                raise ValueError(f"{name} is {value!r}")
            setattr(self, name, value)

    def loses_this_ack(self) -> bool:
        return not self.ack or random.random() < self.ack_lost

    def stored(self, count: int) -> None:
        self._stored += count
        if self.crash_after and self._stored >= self.crash_after:
            os.kill(os.getpid(), signal.SIGKILL)


def add_options(parse: argparse.ArgumentParser) -> None:
    nasty = parse.add_argument_group("bad manners")
    nasty.add_argument("--no-ack", action="store_true")
    nasty.add_argument("--ack-lost", type=float, default=0.0, metavar="SHARE")
    nasty.add_argument("--ack-delay", type=float, default=0.0, metavar="SECONDS")
    nasty.add_argument("--crash-after", type=int, default=0, metavar="EVENTS")
    nasty.add_argument("--offline-after", type=float, default=0.0, metavar="SECONDS")
    nasty.add_argument("--offline-for", type=float, default=0.0, metavar="SECONDS")


def from_options(args: argparse.Namespace) -> Nasty:
    return Nasty(
        ack=not args.no_ack,
        ack_lost=args.ack_lost,
        ack_delay_s=args.ack_delay,
        crash_after=args.crash_after,
        offline_after_s=args.offline_after,
        offline_for_s=args.offline_for,
    )
