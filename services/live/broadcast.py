"""The broadcasts of the change notifier: memory, Redis and PostgreSQL's NOTIFY."""

from urllib.parse import urlsplit

from broadcaster import Broadcast


def open_broadcast(url: str) -> Broadcast:
    """A broadcast, not yet connected, for `memory://`, `redis://`, `rediss://` or `postgresql://`. The clients of both
    servers take a while to import, so each is imported where it is used.
    """
    scheme = urlsplit(url).scheme
    if scheme.startswith("postgresql"):
        from services.live.broadcast_postgres import PostgresBackend

        return Broadcast(backend=PostgresBackend(url))
    if scheme.startswith("redis"):
        from services.live.broadcast_redis import RedisBroadcast

        return Broadcast(backend=RedisBroadcast(url))
    return Broadcast(url)
