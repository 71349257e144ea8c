"""How much room the server has."""

from resolvers.context import Context
from services.access.callers import Scope
from services.files.disk import Disk, disk_of


async def disk(context: Context) -> Disk:
    """The disk of the data folder. Raises `NotAdmitted` or `ScopeMissing`."""
    context.require(Scope.READ)
    return await disk_of(context.services.settings.data_dir)
