"""The queue quota: the number of PENDING tasks of one key."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.callers import OPEN_OWNER
from services.access.limits import QuotaExceeded
from services.errors import Bilingual
from services.store.records import Status
from services.store.tables import tasks


async def check_queue_quota(connection: AsyncConnection, owner: str, most: int) -> None:
    """Raises `QuotaExceeded` when the owner has `most` PENDING tasks already; 0 is no limit.

    Without keys all callers share one owner, and only the limit of the queue applies.
    """
    if not most or owner == OPEN_OWNER:
        return
    own = sa.select(sa.func.count()).where(tasks.c.owner == owner, tasks.c.status == Status.PENDING)
    waiting = await connection.scalar(own) or 0
    if waiting >= most:
        raise QuotaExceeded(
            Bilingual(
                f"{waiting} tasks of this key are waiting already; submit more when some have begun.",
                f"此密钥已有 {waiting} 个任务在排队，请待部分任务开始后再提交。",
            )
        )
