"""The baseline for chargers: a central system of a few lines on the `ocpp` library.

    python -m benchmarks.peers.ocpp_server default|unvalidated

It answers and remembers nothing, and answers a car that was plugged in with a charging limit.
"""

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

PROFILE = {
    "charging_profile_id": 1,
    "stack_level": 0,
    "charging_profile_purpose": "TxDefaultProfile",
    "charging_profile_kind": "Absolute",
    "charging_schedule": {
        "charging_rate_unit": "A",
        "charging_schedule_period": [{"start_period": 0, "limit": 16.0}],
    },
}


def central_system(*, unvalidated: bool) -> type[ChargePoint]:
    """The class that serves one charge point."""

    class Bare(ChargePoint):  # type: ignore[misc]
        @on("BootNotification", skip_schema_validation=unvalidated)  # type: ignore[untyped-decorator]
        def boot(self, **_: Any) -> Any:
            now = datetime.now(UTC).isoformat()
            return call_result.BootNotification(current_time=now, interval=60, status="Accepted")

        @on("Heartbeat", skip_schema_validation=unvalidated)  # type: ignore[untyped-decorator]
        def heartbeat(self) -> Any:
            return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

        @on("MeterValues", skip_schema_validation=unvalidated)  # type: ignore[untyped-decorator]
        def meter_values(self, **_: Any) -> Any:
            return call_result.MeterValues()

        @on("StatusNotification", skip_schema_validation=unvalidated)  # type: ignore[untyped-decorator]
        def status(self, **_: Any) -> Any:
            return call_result.StatusNotification()

        @after("StatusNotification")  # type: ignore[untyped-decorator]
        async def plugged(self, *, status: str, **_: Any) -> None:
            if status == "Preparing":
                request = call.SetChargingProfile(connector_id=1, cs_charging_profiles=PROFILE)
                await self.call(request, skip_schema_validation=unvalidated)

    return Bare


async def main(*, unvalidated: bool) -> None:
    """Serve until killed."""
    bare = central_system(unvalidated=unvalidated)

    async def handle(socket: ServerConnection) -> None:
        assert socket.request is not None
        await bare(socket.request.path.rsplit("/", 1)[-1], socket).start()

    async with serve(
        handle,
        "127.0.0.1",
        0,
        subprotocols=[Subprotocol("ocpp1.6")],
        compression=None,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(json.dumps({"port": port}), flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main(unvalidated=sys.argv[1] == "unvalidated"))
