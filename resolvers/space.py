"""How much room the server has."""

from resolvers.context import Context
from services.files.disk import Disk, disk_of


async def disk(context: Context) -> Disk:
    """The disk of the data folder."""
    return await disk_of(context.services.settings.data_dir)
