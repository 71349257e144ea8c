"""A resolver of host names for tests, in place of a real one."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult


class Names(AbstractResolver):
    """Each look-up takes the next answer, addresses or an error; the last one repeats. `asked` counts the look-ups.

    Numbers in unusual spellings (127.1, 0x7f000001) are understood as the system's own look-up does.
    """

    def __init__(self, *answers: list[str] | OSError) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the library's signature
    ) -> list[ResolveResult]:
        self.asked += 1
        return [_result(host, port, address) for address in self._number(host) or self._next()]

    async def close(self) -> None:
        pass

    def _number(self, host: str) -> list[str]:
        try:
            return [str(socket.getaddrinfo(host, 0, flags=socket.AI_NUMERICHOST)[0][4][0])]
        except OSError:
            return []

    def _next(self) -> list[str]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
