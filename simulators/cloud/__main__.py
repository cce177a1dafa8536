"""A cloud for one's own broker.

    python -m simulators.cloud --broker 127.0.0.1:1883 --store cloud.db --control-port 0
    python -m simulators.cloud send --broker 127.0.0.1:1883 --agent ID action.create '{...}'
    python -m simulators.cloud desired --broker 127.0.0.1:1883 --agent ID schedule ID FILE
    python -m simulators.cloud vehicle-in --broker 127.0.0.1:1883 --agent ID VEHICLE FILE
    python -m simulators.cloud report --store cloud.db

The first one runs until SIGTERM and prints {"ready": true, "control": PORT, ...} when it is
subscribed, and {"report": {...}} at the end, on SIGUSR1, and for {"report": true} on its control
port (control.py). The others do one thing, print one line of JSON, and end with 0 if it was done.
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from simulators.clock import SimClock
from simulators.cloud import control, link, nasty, once
from simulators.cloud.gaps import PATIENCE_S
from simulators.cloud.report import report
from simulators.cloud.service import Cloud, ready
from simulators.cloud.store import Store
from simulators.process import say, until_told


def main() -> int:
    arguments = sys.argv[1:]
    if arguments and arguments[0] in once.COMMANDS:
        return once.main(arguments)
    args = _parser().parse_args(arguments)
    asyncio.run(_run(args))
    return 0


def _parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(
        prog="python -m simulators.cloud",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    link.add_options(parse)
    parse.add_argument("--store", type=Path, default=Path("cloud.db"))
    parse.add_argument("--control-port", type=int, help="0 lets the system choose; none if absent")
    parse.add_argument("--share", metavar="NAME", help="take events as one of several instances")
    parse.add_argument("--client-id", help="default: from the store's path")
    parse.add_argument("--clock", type=SimClock.parse, help="house time, for expiresAt")
    parse.add_argument("--patience", type=float, default=PATIENCE_S, help="s before page.get")
    parse.add_argument("--report", type=Path, help="also write the last report to this file")
    nasty.add_options(parse)
    return parse


async def _run(args: argparse.Namespace) -> None:
    store = Store(args.store)
    client_id = args.client_id or store.client_id()
    told: list[int] = []
    cloud = Cloud(
        store=store,
        there=link.broker(args),
        nasty=nasty.from_options(args),
        client_id=client_id,
        clock=args.clock,
        share=args.share,
        patience_s=args.patience,
    )
    server = None
    if args.control_port is not None:
        server = await control.serve(cloud, args.control_port)
        told.append(server.sockets[0].getsockname()[1])
    once_told = False

    def on_ready(protocol: str) -> None:
        nonlocal once_told
        if not once_told:
            once_told = True
            ready(protocol, told[0] if told else 0, client_id)

    cloud.on_ready = on_ready
    asked = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(cloud.run(), name="cloud")
            reporting = tasks.create_task(_report_when(asked, cloud), name="report")
            await until_told(asked.set)
            running.cancel()
            reporting.cancel()
    finally:
        if server is not None:
            server.close()
        last = report(store.db)
        say({"report": last})
        if args.report is not None:
            once.write(args.report, last)
        store.close()


async def _report_when(asked: asyncio.Event, cloud: Cloud) -> None:
    while True:
        await asked.wait()
        asked.clear()
        say({"report": await cloud.report()})


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
