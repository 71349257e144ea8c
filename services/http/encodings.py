"""Decoding of compressed HTTP bodies (Content-Encoding), in steps of little more than `STEP_BYTES` of output."""

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

import brotli  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has no types

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError
else:
    from backports.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

STEP_BYTES = 256 * 1024
SLICE_BYTES = 16 * 1024
"""Compressed bytes decoded at once: the rest of them is copied at each end of a stream within them."""
MAX_ENCODINGS = 4
"""Encodings applied one after the other; each takes a window in memory."""
_ZSTD_WINDOW_LOG = 23
"""8 MB, the largest window of this encoding (RFC 9659)."""
_GZIP_WBITS = 31
_UNTYPED_BROTLI = cast("Any", brotli)
_PLAIN = frozenset(("", "identity", "none", "null", "binary", "7bit", "8bit", "aws-chunked"))
"""Values that storage services send although nothing is compressed."""


class UnknownEncoding(ValueError):
    """An unknown Content-Encoding, or too many of them."""


class Undecodable(ValueError):
    """A body that does not match its Content-Encoding."""


class _Decoder(Protocol):
    @property
    def ended(self) -> bool:
        """Whether the data so far is complete."""
        ...

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded bytes of `data`."""
        ...


class _Deflated:
    """gzip, of one or more members, and deflate, with or without zlib's header."""

    def __init__(self, wbits: int = 0) -> None:
        self._wbits = wbits
        self._inner = None if not wbits else zlib.decompressobj(wbits)

    @property
    def ended(self) -> bool:
        return self._inner is None or self._inner.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        plain = b""
        while data or len(plain) >= STEP_BYTES:
            if self._inner is None:
                self._inner = zlib.decompressobj(_deflate_wbits(data))
            elif self._inner.eof:
                if self._wbits != _GZIP_WBITS or not data.startswith(b"\x1f"):
                    return  # padding
                self._inner = zlib.decompressobj(self._wbits)
            plain = self._inner.decompress(data, STEP_BYTES)
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            yield plain


def _deflate_wbits(data: bytes) -> int:
    """Zlib's header begins with its method, 8; a raw stream never does (RFC 1950, 1951)."""
    return zlib.MAX_WBITS if data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


class _Brotli:
    def __init__(self) -> None:
        self._inner = _UNTYPED_BROTLI.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._inner.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        while not self._inner.is_finished():
            plain = self._inner.process(data, output_buffer_limit=STEP_BYTES)
            yield plain
            if len(plain) < STEP_BYTES:
                return
            data = b""


class _Zstd:
    """One or more frames."""

    def __init__(self) -> None:
        self._inner = self._new()

    @property
    def ended(self) -> bool:
        return self._inner.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data or not (self._inner.eof or self._inner.needs_input):
            if self._inner.eof:
                self._inner = self._new()
            yield self._inner.decompress(data, STEP_BYTES)
            data = self._inner.unused_data if self._inner.eof else b""

    @staticmethod
    def _new() -> ZstdDecompressor:
        return ZstdDecompressor(options={DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": lambda: _Deflated(_GZIP_WBITS),
    "x-gzip": lambda: _Deflated(_GZIP_WBITS),
    "deflate": _Deflated,
    "br": _Brotli,
    "zstd": _Zstd,
}


class Decoding:
    """The decoding of one body. `encodings` is the value of its Content-Encoding; raises `UnknownEncoding`."""

    def __init__(self, encodings: str) -> None:
        names = [name.strip().lower() for name in encodings.split(",")]
        encoded = [name for name in names if not _is_no_encoding(name)]
        if len(encoded) > MAX_ENCODINGS or not all(name in _DECODERS for name in encoded):
            raise UnknownEncoding
        self._decoders = [_DECODERS[name]() for name in reversed(encoded)]
        self._begun = False

    def __bool__(self) -> bool:
        """Whether the body is compressed at all."""
        return bool(self._decoders)

    @property
    def ended(self) -> bool:
        """Whether the body so far is complete. Some servers send no bytes at all for an empty file."""
        return not self._begun or all(decoder.ended for decoder in self._decoders)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The decoded bytes of the next piece of the body. Raises `Undecodable`."""
        if not self._decoders:
            yield piece
            return
        self._begun = self._begun or bool(piece)
        try:
            for at in range(0, len(piece), SLICE_BYTES):
                yield from self._through(self._decoders, piece[at : at + SLICE_BYTES])
        except (zlib.error, _UNTYPED_BROTLI.error, ZstdError) as error:
            raise Undecodable from error

    def _through(self, decoders: list[_Decoder], data: bytes) -> Iterator[bytes]:
        if not decoders:
            yield data
            return
        for plain in decoders[0].feed(data):
            if plain:
                yield from self._through(decoders[1:], plain)


def _is_no_encoding(name: str) -> bool:
    """Whether the value names no compression: it is empty, a charset or a media type."""
    if name in _DECODERS:
        return False
    return name in _PLAIN or "/" in name or _is_charset(name.removeprefix("charset="))


def _is_charset(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, ValueError):  # ValueError: Python's codecs that do not encode texts
        return False
    return True
