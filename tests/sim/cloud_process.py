"""The simulated cloud as the process that it is, spoken to on its control port."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass
class CloudProcess:
    process: "subprocess.Popen[str]"
    control: int
    protocol: str

    def ask(self, **request: Any) -> Json:
        with socket.create_connection(("127.0.0.1", self.control), timeout=15) as sock:
            sock.sendall(json.dumps(request).encode() + b"\n")
            with sock.makefile() as lines:
                answer: Json = json.loads(lines.readline())
        return answer

    def report(self, agent: str = "a1") -> Json:
        found: Json = self.ask(report=True)["report"]["agents"][agent]
        return found

    def end(self) -> Json:
        """SIGTERM, and the last report."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=15)
        assert (self.process.returncode, "Traceback" in err) == (0, False), err
        last: Json = json.loads(out.splitlines()[-1])["report"]
        return last


@contextmanager
def cloud(port: int, folder: Path, *options: str) -> Iterator[CloudProcess]:
    """Run one at a broker, with its store in `folder`, until the block ends; it asks for gaps
    after 0.2 s.
    """
    command = [sys.executable, "-m", "simulators.cloud", "--broker", f"127.0.0.1:{port}"]
    command += ["--store", str(folder / "cloud.db"), "--control-port", "0", "--patience", "0.2"]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        ready = json.loads(line)
        yield CloudProcess(process, ready["control"], ready["protocol"])
    finally:
        process.kill()
        process.communicate()
