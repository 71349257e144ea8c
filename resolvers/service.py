"""The state of the server."""

from resolvers.context import Context
from services.access.callers import Scope
from services.files.disk import Disk, disk_of


async def disk(context: Context) -> Disk:
    """The space of the data folder's disk. Raises `NotAdmitted` or `ScopeMissing`."""
    context.require(Scope.READ)
    return await disk_of(context.services.settings.data_dir)
