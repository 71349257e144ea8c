"""Addresses of files that work for a while, for whoever has them: browsers and players send no key."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from services.clock import now_ms

STEP_SECONDS = 3600
"""Ends are rounded up to full hours, so that a file has the same address for a while and can be cached."""


class Hmac:
    """Proves that a text comes from here. Its secret is `given`, as servers that share their tasks need it, or else
    lies in `folder`.
    """

    def __init__(self, folder: Path, given: str = "") -> None:
        self._secret = given.encode() or _secret(folder / "signing.key")

    def sign(self, text: str) -> str:
        """The proof. Texts for different uses must begin differently."""
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def verify(self, text: str, proof: str) -> bool:
        """Whether the proof is the text's; takes the same time for any proof."""
        return hmac.compare_digest(self.sign(text).encode(), proof.encode())


class Signer:
    """Signs keys of files for `seconds`, and up to an hour longer, while there is a `need` for it."""

    def __init__(self, mac: Hmac, seconds: int, need: Callable[[], bool]) -> None:
        self.need = need
        self._mac = mac
        self._seconds = seconds

    def ends_at_seconds(self) -> int:
        """When addresses end that are given out now (UTC seconds)."""
        return (now_ms() // 1000 + self._seconds) // STEP_SECONDS * STEP_SECONDS + STEP_SECONDS

    def query(self, key: str) -> str:
        """What is added to the address of a file, after its question mark."""
        ends = self.ends_at_seconds()
        return f"expires={ends}&signature={self._mac.sign(_file(key, str(ends)))}"

    def valid(self, key: str, expires: str, signature: str) -> bool:
        """Whether an address was signed here, for this file, and has not ended."""
        right = self._mac.verify(_file(key, expires), signature)
        return right and expires.isascii() and expires.isdecimal() and int(expires) > now_ms() // 1000


def _file(key: str, expires: str) -> str:
    return f"file\n{expires}\n{key}"


def _secret(path: Path) -> bytes:
    """The secret of the file, which is made at the first time and readable to its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    try:
        os.link(made, path)  # whoever comes first has made it
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_bytes()
