"""A small HTTP server on loopback that answers as a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Reply:
    """Args:
    after_s: real seconds before the first byte.
    cut: hang up in the middle of the body.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    cut: bool = False


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class HttpService:
    """Replies come from `answer`; what was asked stands in `asked`."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.answer, self.asked = answer, list[Asked]()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {
                name.lower(): text.strip()
                for name, _, text in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            asked = Asked(method, path, headers, body)
            self.asked.append(asked)
            reply = self.answer(asked)
            await asyncio.sleep(reply.after_s)
            lines = [f"HTTP/1.1 {reply.status} Said", f"Content-Length: {len(reply.body)}"]
            lines += [f"{name}: {text}" for name, text in reply.headers.items()]
            body = reply.body[: len(reply.body) // 2] if reply.cut else reply.body
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def http_service(answer: Callable[[Asked], Reply]) -> AsyncIterator[HttpService]:
    service = HttpService(answer)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()
