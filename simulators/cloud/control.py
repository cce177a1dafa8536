"""The control channel of a running cloud: lines of JSON over TCP, one answer per line.

{"report": true}
{"send": {"agent": ID, "command": "action.create", "body": {...}, "requestId": ..,
          "expiresInS": 60, "waitS": 10, "retain": false}}     -> {"result": {...} or null}
{"desired": {"agent": ID, "kind": "schedule", "id": ID, "rev": 1, "body": {...}, "deleted": ..}}
{"vehicleIn": {"agent": ID, "id": ID, "body": {...}}}
{"events": {"agent": ID, "fromSeq": 1, "limit": 1000}}         -> {"events": [...]}
{"documents": {"agent": ID, "under": "state/"}}                -> {"documents": {topic: body}}
{"nasty": {"ack": false, "ack_lost": 0.3, ...}}
{"offline": SECONDS}
"""

import asyncio
import json
from typing import Any

import aiomqtt

from simulators.cloud import orders
from simulators.cloud.service import Cloud

_WAIT_S = 10.0
_LONGEST_LINE = 4 * 1024 * 1024


async def serve(cloud: Cloud, port: int) -> asyncio.Server:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await answer(cloud, line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # it has gone, or its line has no end
        finally:
            writer.close()

    return await asyncio.start_server(talk, "127.0.0.1", port, limit=_LONGEST_LINE)


async def answer(cloud: Cloud, line: bytes) -> dict[str, Any]:
    """What a line brings; a fault is {"error": sentence}."""
    try:
        asked = json.loads(line)
        return await _do(cloud, asked)
    except KeyError as error:
        return {"error": f"{error.args[0]} is missing"}
    except (ValueError, TypeError, AttributeError, ConnectionError, TimeoutError) as error:
        return {"error": str(error) or "the broker is silent"}
    except aiomqtt.MqttError as error:
        return {"error": str(error)}


async def _do(cloud: Cloud, asked: dict[str, Any]) -> dict[str, Any]:
    match asked:
        case {"report": _}:
            return {"report": await cloud.report()}
        case {"send": dict() as order}:
            return {"result": await cloud.send(_command(order), order.get("waitS", _WAIT_S))}
        case {"desired": dict() as d}:
            await orders.desired(
                cloud.connected(), d["agent"], d["kind"], d["id"], d["rev"], d.get("body"),
                deleted=bool(d.get("deleted")),
            )  # fmt: skip
            return {"published": True}
        case {"vehicleIn": dict() as v}:
            await orders.vehicle_in(cloud.connected(), v["agent"], v["id"], v["body"])
            return {"published": True}
        case {"events": dict() as e}:
            seq, limit = e.get("fromSeq", 1), e.get("limit", 1000)
            return {"events": await cloud.look(lambda s: s.events(e["agent"], seq, limit))}
        case {"documents": dict() as d}:
            under = d.get("under", "")
            return {"documents": await cloud.look(lambda s: s.documents(d["agent"], under))}
        case {"nasty": dict() as settings}:
            cloud.nasty.change(settings)
            return {"nasty": True}
        case {"offline": int() | float() as seconds}:
            cloud.go_away(seconds)
            return {"offline": seconds}
    raise ValueError(f"no such request: {json.dumps(asked)[:200]}")


def _command(order: dict[str, Any]) -> orders.Command:
    return orders.Command(
        agent=order["agent"],
        command=order["command"],
        body=order.get("body", {}),
        request_id=order.get("requestId") or orders.new_request_id(),
        expires_in_s=order.get("expiresInS", orders.EXPIRES_IN_S),
        retain=bool(order.get("retain")),
    )
