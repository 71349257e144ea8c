"""A process that runs jobs: `python -m tests.services.worker.queue_process URL DEAD_AFTER_SECONDS`. It writes a line
when it starts and one for each job: the name of its task and its token.

The task of a job says what becomes of it: "stays" never ends.
"""

import asyncio
import sys

from services.store.database import Database
from services.worker.queue.queue import FencedOff, Job
from services.worker.restart import start_anew
from tests.services.worker.queues import queue_on


def tell(what: str, number: int) -> None:
    sys.stdout.write(f"{what} {number}\n")
    sys.stdout.flush()


async def handle(job: Job) -> None:
    tell(job.task, job.token)
    if job.task == "stays":
        await asyncio.Event().wait()


async def main(url: str, dead_after_seconds: float) -> None:
    database = Database(url)
    tell("starts", 0)
    try:
        await queue_on(database, dead_after_seconds).run(1, handle)
    except FencedOff:
        start_anew()
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
