"""`draftcast`, with the longest stretch of its event loop written to a file: `python -m bench.stretches FILE python -m
tests.support.draftcast serve`.

A stretch is the CPU time of the loop's thread between two of its rounds: for so long nobody else is served.
"""

import asyncio
import mmap
import runpy
import socket
import struct
import sys
import time
from pathlib import Path

import uvicorn

SIZE_BYTES = 8
_FORMAT = "d"


class Stretches:
    """The longest stretch of a server since it was last asked for; `path` is the file that both sides map."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(SIZE_BYTES))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), SIZE_BYTES)
        self._last = time.thread_time()

    def take_ms(self) -> float:
        """The longest stretch in milliseconds, and begin anew."""
        (longest,) = struct.unpack(_FORMAT, self._shared[:])
        self._shared[:] = bytes(SIZE_BYTES)
        return 1000 * float(longest)

    def watch(self) -> None:
        """Measure each round of the loop that this is called in."""
        now = time.thread_time()
        if now - self._last > struct.unpack(_FORMAT, self._shared[:])[0]:
            self._shared[:] = struct.pack(_FORMAT, now - self._last)
        self._last = now
        asyncio.get_running_loop().call_soon(self.watch)


def main() -> None:
    """Run the program of the arguments with its server watched."""
    stretches, serve = Stretches(Path(sys.argv[1])), uvicorn.Server.serve

    async def watched(self: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_soon(stretches.watch)
        await serve(self, sockets)

    uvicorn.Server.serve = watched  # type: ignore[method-assign] # for this bench only
    module = sys.argv[4]
    sys.argv = sys.argv[4:]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
