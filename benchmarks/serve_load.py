"""The load that `fanzha serve` holds: clients that ask as fast as they are answered, one that hangs, a worker killed.

    python benchmarks/serve_load.py --clients 1 8 64 --seconds 20

It starts the server itself, asks it on loopback alone, and ends it. A polite refusal is a 503 with Retry-After, after
which a client waits a second at most and asks again; anything else but 200 is an error. Memory is the proportional set
size of the server and its workers together. Clients are in this process: on few cores they take time from the server.
Exits with 1 where there was an error, or a killed worker cost more than one letter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import psutil
from folders import ROOT

CHARACTERS = 1200
_SENTENCES = (
    "今年以来，全县公安机关共破获电信网络诈骗案件{a}起，抓获犯罪嫌疑人{b}名，同比分别上升{c}%和{d}%。",
    "县反诈中心接到预警指令{a}条，民警上门见面劝阻{b}人次，为群众避免损失{c}余万元。",
    "各乡镇在集市、车站设立宣传点{c}个，发放防骗手册{a}份，组织志愿者讲课{d}场。",
    "会同银行和通信企业清理长期不动户{a}个，关停涉诈号码{b}个，约谈网点{d}家。",
    "下一步，我局将完善部门联席会议制度，每季度通报一次工作情况，压实行业监管责任。",
)


def compose(number: int) -> str:
    """A letter of our own of `CHARACTERS` characters; no two numbers give the same."""
    lines = [f"松岭县公安局关于对县人大第{number}号建议的答复", "李明代表：", "您提出的建议收悉，现答复如下。"]
    i = number
    while sum(map(len, lines)) + len(lines) < CHARACTERS:
        sentence = _SENTENCES[i % len(_SENTENCES)]
        lines.append(sentence.format(a=37 + i * 13 % 900, b=11 + i * 7 % 300, c=3 + i % 60, d=2 + i % 30))
        i += 1
    return "\n".join(lines)[:CHARACTERS]


@dataclass
class Load:
    """What the clients of one run saw."""

    clients: int
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def row(self, memory: Memory) -> str:
        """A row of the table."""
        done = sorted(self.latencies)
        quantiles = [
            f"{1000 * done[min(len(done) - 1, int(q * len(done)))]:.0f}" if done else "–" for q in (0.5, 0.95, 0.99)
        ]
        asked = len(done) + self.refused + len(self.errors)
        cells = [
            str(self.clients), str(len(done)), f"{len(done) / self.seconds:.1f}", *quantiles,
            f"{100 * self.refused / max(1, asked):.1f} %", str(len(self.errors)), *memory.cells(),
        ]  # fmt: skip
        return "| " + " | ".join(cells) + " |"


class Memory:
    """Watches the memory of a process and its children, in bytes."""

    def __init__(self, process: int) -> None:
        self._process = process
        self.before = self.peak = self.after = 0

    @contextmanager
    def watched(self) -> Iterator[Memory]:
        ended = threading.Event()
        self.before = self.peak = used(self._process)

        def watch() -> None:
            while not ended.wait(0.5):
                self.peak = max(self.peak, used(self._process))

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield self
        finally:
            ended.set()
            thread.join()
            time.sleep(1)
            self.after = used(self._process)

    def cells(self) -> list[str]:
        return [f"{value / 1e6:.0f}" for value in (self.before, self.peak, self.after)]


def used(process: int) -> int:
    """The proportional set size of a process and its children."""
    total = 0
    for one in [psutil.Process(process), *psutil.Process(process).children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue
    return total


async def load(url: str, clients: int, seconds: float) -> Load:
    """Clients that each ask again as soon as they are answered."""
    found = Load(clients)
    start = time.monotonic()
    until = start + seconds

    async def client(number: int) -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=300) as http:
            turn = 0
            while time.monotonic() < until:
                turn += 1
                asked = time.monotonic()
                try:
                    answer = await http.post("/api/predict", json={"text": compose(number + 1000 * turn)})
                except httpx.HTTPError as error:
                    found.errors.append(type(error).__name__)
                    continue
                if answer.status_code == 200:
                    found.latencies.append(time.monotonic() - asked)
                elif answer.status_code == 503 and "retry-after" in answer.headers:
                    found.refused += 1
                    await asyncio.sleep(min(1.0, float(answer.headers["retry-after"])))
                else:
                    found.errors.append(f"{answer.status_code} {answer.text[:100]}")

    await asyncio.gather(*(client(i) for i in range(clients)))
    found.seconds = time.monotonic() - start
    return found


async def hang(url: str) -> asyncio.StreamWriter:
    """A client that stops in the middle of an upload."""
    host, _, port = url.rpartition("//")[2].partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /api/predict HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        'Content-Length: 5000\r\n\r\n{"text": "'.encode()
    )
    await writer.drain()
    return writer


async def load_with_hanging(url: str, clients: int, seconds: float, hanging: int) -> Load:
    """As `load`, beside clients that hang in an upload."""
    writers = [await hang(url) for _ in range(hanging)]
    try:
        return await load(url, clients, seconds)
    finally:
        for writer in writers:
            writer.close()


def kill_a_worker(url: str, process: int, letters: int) -> str:
    """Kills a worker while it annotates a batch; what became of the letters."""
    files = [("files", (f"{i}.txt", compose(i).encode())) for i in range(letters)]
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        name = http.post("/api/batch", files=files).json()["id"]
        killed = False
        while (status := http.get(f"/api/batch/{name}").json())["state"] != "done":
            if not killed and status["annotated"] >= letters // 4:
                workers = [
                    one for one in psutil.Process(process).children(recursive=True)
                    if "spawn_main" in " ".join(one.cmdline())
                ]  # fmt: skip
                workers[0].kill()
                killed = True
            time.sleep(0.1)
        http.delete(f"/api/batch/{name}")
    if not killed or status["annotated"] + status["failed"] != letters or status["failed"] > 1:
        raise SystemExit(f"a worker killed cost {status['failed']} letters: {json.dumps(status['failures'])[:500]}")
    return f"A worker killed in a batch of {letters}: {status['annotated']} annotated, {status['failed']} failed."


@contextmanager
def server(arguments: list[str]) -> Iterator[tuple[str, int]]:
    """Runs `fanzha serve`; its address and its process id."""
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            [sys.executable, "-m", "nlp", "serve", "--port", "0", "--no-open", *arguments],
            stdout=subprocess.PIPE, stderr=messages, text=True, cwd=ROOT,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            link = process.stdout.readline().strip()
            if not link.startswith("http://"):
                process.wait(10)
                messages.seek(0)
                raise SystemExit(messages.read().decode())
            yield link.rstrip("/"), process.pid
        finally:
            process.terminate()
            process.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--hanging", type=int, default=3)
    parser.add_argument("--batch", type=int, default=100, help="letters of the batch in which a worker is killed")
    parser.add_argument("serve", nargs="*", help="options of fanzha serve, after --")
    options = parser.parse_args()
    errors: list[str] = []
    print("| clients | letters | letters/s | p50 ms | p95 ms | p99 ms | refused | errors | MB before | peak | after |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with server(options.serve) as (url, process):
        asyncio.run(load(url, 4, 3.0))  # every worker has the model loaded
        for clients in options.clients:
            memory = Memory(process)
            with memory.watched():
                found = asyncio.run(load(url, clients, options.seconds))
            print(found.row(memory), flush=True)
            errors += found.errors
        memory = Memory(process)
        with memory.watched():
            found = asyncio.run(load_with_hanging(url, 8, options.seconds, options.hanging))
        print(found.row(memory).replace("| 8 |", f"| 8, beside {options.hanging} that hang |", 1), flush=True)
        errors += found.errors
        print(f"\n{kill_a_worker(url, process, options.batch)}")
    for error in sorted(set(errors)):
        print(f"{errors.count(error)} x {error}", file=sys.stderr)
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
