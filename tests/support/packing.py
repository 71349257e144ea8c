"""Bodies compressed by a Content-Encoding."""

import gzip
import sys
import zlib
from collections.abc import Callable
from typing import Any, cast

import brotli  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - it has no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


_BROTLI = cast("Callable[[bytes], bytes]", cast("Any", brotli).compress)


def packed_as(encoding: str, body: bytes) -> bytes:
    """The body in one Content-Encoding; `raw` is deflate without zlib's header."""
    if encoding == "raw":
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        return packer.compress(body) + packer.flush()
    makers: dict[str, Callable[[bytes], bytes]] = {"deflate": zlib.compress, "br": _BROTLI, "zstd": zstd.compress}
    return makers.get(encoding, gzip.compress)(body)
