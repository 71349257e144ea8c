"""Row 3: an error does not tell what is inside."""

import asyncio
import socket
from pathlib import Path

import pytest

from services.drafts.fetch import Fetcher
from services.errors import ErrorCode, Failed
from tests.support.canary import LIMITS, Canary


def test_open_and_closed_ports_of_the_inside_give_the_same_error(tmp_path: Path, canary: Canary) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        addresses = [
            f"http://127.0.0.1:{canary.port}", f"http://127.0.0.1:{closed.getsockname()[1]}",
            f"http://[::1]:{canary.port}", "http://169.254.169.254", "http://10.0.0.1:22",
        ]  # fmt: skip
        texts = {_refusal(tmp_path, address) for address in addresses}
    assert len(texts) == 1


def _refusal(folder: Path, address: str) -> str:
    """The error of a material, without the address it was asked for by."""

    async def run() -> None:
        async with Fetcher(cache_dir=folder, allow_hosts=(), limits=LIMITS) as fetcher:
            await fetcher.material(f"{address}/x", segment_id="s1", on_bytes=lambda _: None)

    with pytest.raises(Failed) as caught:
        asyncio.run(run())
    failure = caught.value.failure
    assert failure.code is ErrorCode.MATERIAL_REFUSED
    return f"{failure.message.en} {failure.message.zh}".replace(address, "")
