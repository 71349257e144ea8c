"""The choice of the queue for a database. Only the chosen adapter is imported."""

from services.store.database import Database
from services.worker.queue.queue import WorkQueue


def queue_of(database: Database, dead_after_seconds: float) -> WorkQueue:
    """The work queue in the database. Where it has many workers, one without a heartbeat for the dead-after time loses
    its jobs.
    """
    if database.embedded:
        from services.worker.queue.queue_local import LocalQueue

        return LocalQueue(database)
    from services.worker.queue.queue_postgres import PostgresQueue

    return PostgresQueue(database, dead_after_seconds)
