"""A page in a process of its own, and what it takes: memory and disk, looked at every second."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

__all__ = ["Server", "Usage", "free_port", "started"]

ROOT = Path(__file__).parent.parent
LIMIT = 300.0  # seconds that a start may take


@dataclass
class Usage:
    """What the page took, second by second."""

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)  # MB that are resident
    disk: list[float] = field(default_factory=list)  # MB of runs that are kept
    load: list[float] = field(default_factory=list)  # of the machine, over the last minute

    def slope(self, since: float) -> float:
        """MB a minute by least squares, from that share of the time on."""
        first = self.seconds[0] + since * (self.seconds[-1] - self.seconds[0])
        rows = [i for i, at in enumerate(self.seconds) if at >= first]
        minutes = np.array(self.seconds)[rows] / 60
        return float(np.polyfit(minutes, np.array(self.memory)[rows], 1)[0])


@dataclass(frozen=True)
class Server:
    """A page that is served by a process."""

    address: str
    process: "subprocess.Popen[bytes]"
    cache: Path
    log: Path

    async def watch(self, usage: Usage) -> None:
        """Writes down what the process takes, until it is cancelled."""
        began = time.monotonic()
        while True:
            usage.seconds.append(time.monotonic() - began)
            usage.memory.append(self.memory())
            usage.disk.append(self.kept())
            usage.load.append(os.getloadavg()[0])
            await asyncio.sleep(1.0)

    def memory(self) -> float:
        """MB of the process that are resident, as Linux tells it."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def kept(self) -> float:
        """MB of the finished runs that lie on the disk."""
        total = 0
        for path in (self.cache / "runs").glob("*.kept"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # it was put out just now
                continue
        return total / 1e6

    def tracebacks(self) -> int:
        """How many errors the page has written into its log."""
        return self.log.read_text(errors="replace").count("Traceback (most recent call last)")

    def stop(self) -> None:
        """Ends the process."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(folder: Path, cache: Path, kept: int) -> Server:
    """Starts a page, with `kept` MB for finished runs, and waits until it answers.

    It encodes nothing ahead: a page does so in its first minutes, and they are not looked at.

    Raises:
        RuntimeError: if it ends, or does not answer in five minutes.
    """
    port = free_port()
    log = folder / "server.log"
    env = {
        **os.environ, "DISTILLER_CACHE": str(cache), "DISTILLER_KEPT": str(kept),
        "DISTILLER_AHEAD": "0", "DISTILLER_TRAIN": "0", "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(folder / "temporary"),
    }  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
        )
    server = Server(f"http://127.0.0.1:{port}", process, cache, log)
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            httpx.get(server.address, timeout=10)
            return server
        except httpx.TransportError:
            time.sleep(0.2)
    server.stop()
    raise RuntimeError(f"The page did not start:\n{log.read_text(errors='replace')[-2000:]}")
