"""The broadcast backend of Redis."""

from broadcaster._backends.redis import RedisBackend


class RedisBroadcast(RedisBackend):
    """broadcaster's Redis backend, without its leak of a listening task when the server is unreachable."""

    async def connect(self) -> None:
        """Connect. On failure the listening task is cancelled."""
        try:
            await super().connect()
        except BaseException:
            self._cancel_listener()
            raise

    async def disconnect(self) -> None:
        """Disconnect; the listening task is cancelled even when the server is gone."""
        try:
            await super().disconnect()
        finally:
            self._cancel_listener()

    def _cancel_listener(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
