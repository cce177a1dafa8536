"""What the cloud's command line does once: a command, a desired document, a car, a report."""

import argparse
import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import aiomqtt

from simulators.clock import SimClock
from simulators.cloud import link, orders, wire
from simulators.cloud.report import Report, report
from simulators.cloud.store import Store
from simulators.process import say

COMMANDS = ("send", "desired", "vehicle-in", "report")
_WAIT_S = 10.0
_RETAINED_WITHIN_S = 0.5


def main(arguments: list[str]) -> int:
    """Returns 0 if it was done, 1 if nobody answered, 2 if the answer is no."""
    args = _parser().parse_args(arguments)
    try:
        if args.what == "report":
            return _report(args.store)
        job = {"send": _send, "desired": _desired, "vehicle-in": _vehicle_in}[args.what]
        return asyncio.run(job(args, link.broker(args)))
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        print(f"{args.what} failed: {error or 'the broker is silent'}", file=sys.stderr)
        return 1


def write(path: Path, found: Report) -> None:
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(prog="python -m simulators.cloud")
    kinds = parse.add_subparsers(dest="what", required=True)
    send = kinds.add_parser("send", help="give a command and wait for its result")
    send.add_argument("command", help="e.g. action.create")
    send.add_argument("body", nargs="?", default="{}", type=json.loads, help="JSON")
    send.add_argument("--request-id", default=None)
    send.add_argument("--expires-in", type=float, default=orders.EXPIRES_IN_S, metavar="SECONDS")
    send.add_argument("--retain", action="store_true", help="against the protocol")
    desired = kinds.add_parser("desired", help="set a document and wait for what is reported")
    desired.add_argument("kind", help="schedule or location")
    desired.add_argument("id")
    desired.add_argument("file", nargs="?", help="JSON; - reads standard input")
    desired.add_argument("--rev", type=int, help="default: one above the retained one")
    desired.add_argument("--deleted", action="store_true")
    vehicle = kinds.add_parser("vehicle-in", help="tell what the cloud knows of a car")
    vehicle.add_argument("id")
    vehicle.add_argument("file")
    for each in (send, desired, vehicle):
        link.add_options(each)
        each.add_argument("--agent", required=True)
        each.add_argument("--clock", type=SimClock.parse)
        each.add_argument("--wait", type=float, default=_WAIT_S, help="s; 0 does not wait")
    stored = kinds.add_parser("report", help="the proof, from a store's file")
    stored.add_argument("--store", type=Path, default=Path("cloud.db"))
    return parse


async def _send(args: argparse.Namespace, there: link.Broker) -> int:
    order = orders.Command(
        agent=args.agent,
        command=args.command,
        body=args.body,
        request_id=args.request_id or orders.new_request_id(),
        expires_in_s=args.expires_in,
        retain=args.retain,
    )
    async with link.connect(there, _client_id()) as here:
        await here.subscribe(f"{wire.BASE}/{args.agent}/cmd-result/{order.request_id}")
        await orders.command(here, order, args.clock)
        result = await _next(here, args.wait)
    if result is None:
        say({"requestId": order.request_id, "status": None, "body": None})
        return 0 if args.wait == 0 else 1
    say(result)
    return 0 if result.get("status") == 200 else 2


async def _desired(args: argparse.Namespace, there: link.Broker) -> int:
    body = None if args.file is None else _read(args.file)
    base = f"{wire.BASE}/{args.agent}"
    async with link.connect(there, _client_id()) as here:
        rev = args.rev
        if rev is None:
            await here.subscribe(f"{base}/desired/{args.kind}/{args.id}")
            last = await _next(here, _RETAINED_WITHIN_S)
            rev = 1 + (last or {}).get("rev", 0)
            await here.client.unsubscribe(f"{base}/desired/{args.kind}/{args.id}")
        await here.subscribe(f"{base}/reported/{args.kind}/{args.id}")
        await orders.desired(here, args.agent, args.kind, args.id, rev, body, deleted=args.deleted)
        told = await _next(here, args.wait, at_least_rev=rev)
    if told is None:
        say({"rev": rev, "status": None})
        return 0 if args.wait == 0 else 1
    say(told)
    return 0 if told.get("status") == "applied" else 2


async def _vehicle_in(args: argparse.Namespace, there: link.Broker) -> int:
    async with link.connect(there, _client_id()) as here:
        await orders.vehicle_in(here, args.agent, args.id, _read(args.file))
    say({"published": True})
    return 0


async def _next(here: link.Link, within_s: float, at_least_rev: int = 0) -> wire.Json | None:
    """The next JSON object that comes, not older than a revision; None if none comes."""
    try:
        async with asyncio.timeout(within_s):
            async for heard in here.client.messages:
                payload = heard.payload if isinstance(heard.payload, bytes) else b""
                body = wire.unpack(payload) if payload else None
                if isinstance(body, dict) and body.get("rev", at_least_rev) >= at_least_rev:
                    return body
    except TimeoutError:
        pass
    return None


def _read(file: str) -> Any:
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    return json.loads(text)


def _client_id() -> str:
    return f"hearth-cloud-once-{uuid.uuid4().hex[:8]}"


def _report(path: Path) -> int:
    if not path.exists():
        raise ValueError(f"{path}: there is no such store")
    store = Store(path)
    found = report(store.db)
    store.close()
    say({"report": found})
    return 0 if found["clean"] else 2
