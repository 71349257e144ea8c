"""Signed URLs of files with an expiry, as browsers and players send no key; and the HMAC behind them."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from services.clock import now_ms

STEP_SECONDS = 3600
"""Expiries are rounded up to full hours, so that a file keeps its URL for a while and can be cached."""


class Hmac:
    """HMAC-SHA256 with this server's secret: `given`, which servers with a common database need, or the one in
    `folder`, which is made at first use.
    """

    def __init__(self, folder: Path, given: str = "") -> None:
        self._secret = given.encode() or _secret(folder / "signing.key")

    def sign(self, text: str) -> str:
        """The signature, in hexadecimal. Texts for different uses must begin differently."""
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def verify(self, text: str, signature: str) -> bool:
        """Whether this is the text's signature, compared in constant time."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


class Signer:
    """Signs file keys for `seconds`, rounded up to the next hour; `need` says whether URLs are signed at all."""

    def __init__(self, mac: Hmac, seconds: int, need: Callable[[], bool]) -> None:
        self.need = need
        self._mac = mac
        self._seconds = seconds

    def expires_at_seconds(self) -> int:
        """The expiry of URLs that are signed now (UTC seconds)."""
        return (now_ms() // 1000 + self._seconds) // STEP_SECONDS * STEP_SECONDS + STEP_SECONDS

    def query(self, key: str) -> str:
        """The query string of a signed URL."""
        ends = self.expires_at_seconds()
        return f"expires={ends}&signature={self._mac.sign(_file(key, str(ends)))}"

    def valid(self, key: str, expires: str, signature: str) -> bool:
        """Whether the signature is valid for this file and has not expired."""
        right = self._mac.verify(_file(key, expires), signature)
        return right and expires.isascii() and expires.isdecimal() and int(expires) > now_ms() // 1000


def _file(key: str, expires: str) -> str:
    return f"file\n{expires}\n{key}"


def _secret(path: Path) -> bytes:
    """The secret in a file that only its owner can read; it is made at first use."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    try:
        os.link(made, path)  # the first process has made it
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_bytes()
