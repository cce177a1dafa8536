"""A fleet of light agents at one broker.

    python -m simulators.fleet --agents 10000 --broker 127.0.0.1:1883 --every 9 --for 20 --waves 1

All connect as fast as the broker lets them; then something happens in each house every so often;
then all lines are cut at once, as when the broker restarts, and the agents come back with full
jitter; in the end the fleet waits until the cloud (`python -m simulators.cloud`) has acked
everything. Prints one line of JSON per phase and {"fleet": {...}} at the end; ends with 1 if a
phase needs longer than --patience, with {"fleet": null, "error": ...}.
"""

import argparse
import asyncio
import os
import resource
import ssl
import sys
from pathlib import Path

from simulators.fleet.agent import Manner
from simulators.fleet.phases import Figures, Fleet, TooSlow
from simulators.process import say

_OTHER_FILES = 64
_PASSWORD = "HEARTH_FLEET_PASSWORD"  # noqa: S105 -- the variable's name


def main() -> int:
    args = _parser().parse_args()
    most = _open_files()
    if args.agents > most:
        print(
            f"{args.agents} agents need more than the {most} connections that one process may"
            " have here; remedy: several fleets, each with its own --first",
            file=sys.stderr,
        )
        return 1
    try:
        asyncio.run(_run(args))
    except TooSlow as error:
        say({"fleet": None, "error": str(error)})
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(
        prog="python -m simulators.fleet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parse.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    parse.add_argument("--agents", type=int, default=100)
    parse.add_argument("--first", type=int, default=1, help="number of the first agent")
    parse.add_argument("--prefix", default="fleet-", help="of the agents' ids")
    parse.add_argument("--protocol", choices=["5", "3.1.1"], default="5")
    parse.add_argument("--every", type=float, default=10.0, help="s between events of an agent")
    parse.add_argument("--for", type=float, default=20.0, dest="for_s", help="s of steady life")
    parse.add_argument("--waves", type=int, default=1, help="how often all lines are cut")
    parse.add_argument("--backlog-wait", type=float, default=30.0, help="at most, s")
    parse.add_argument("--heartbeat", type=float, default=60.0, help="s between heartbeats")
    parse.add_argument("--at-once", type=int, default=64, help="connections in the making")
    parse.add_argument("--patience", type=float, default=120.0, help="s that a phase may take")
    parse.add_argument("--bare", action="store_true", help="only publish: no status, ack, cloud")
    parse.add_argument("--username", help=f"its password is read from {_PASSWORD}")
    parse.add_argument("--ca", type=Path, help="PEM; speaks TLS")
    parse.add_argument("--certificate", type=Path, help="of the agents, all the same")
    parse.add_argument("--key", type=Path)
    return parse


async def _run(args: argparse.Namespace) -> None:
    host, _, port = args.broker.rpartition(":")
    login = (args.username, os.environ.get(_PASSWORD, "")) if args.username else None
    fleet = Fleet(
        host=host,
        port=int(port),
        names=[f"{args.prefix}{args.first + n:05}" for n in range(args.agents)],
        manner=Manner(
            five=args.protocol == "5",
            every_s=args.every,
            backlog_s=args.backlog_wait,
            heartbeat_s=args.heartbeat,
            bare=args.bare,
            login=login,
        ),
        tls=_tls(args),
        at_once=args.at_once,
        patience_s=args.patience,
    )
    figures: Figures = {"agents": args.agents}

    def told(phase: Figures) -> None:
        figures.update(phase)
        say({key: round(value, 3) for key, value in phase.items()})

    async with fleet.alive():
        told(await fleet.connected())
        told(await fleet.steady(args.for_s))
        for _ in range(args.waves):
            told(await fleet.wave())
        told(await fleet.settled())
    figures |= {"events": fleet.events, "unacked": fleet.unacked, "asked": fleet.counts.asked}
    figures |= {"published": fleet.counts.published, "refused": fleet.counts.refused}
    say({"fleet": {key: round(value, 3) for key, value in figures.items()}})


def _tls(args: argparse.Namespace) -> ssl.SSLContext | None:
    if args.ca is None:
        return None
    context = ssl.create_default_context(cafile=args.ca)
    if args.certificate is not None:
        context.load_cert_chain(args.certificate, args.key)
    return context


def _open_files() -> int:
    """Raise our own limit as far as we may; returns how many connections that allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - _OTHER_FILES


if __name__ == "__main__":
    sys.exit(main())
