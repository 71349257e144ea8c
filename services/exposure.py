"""What the sandbox would lay open: folders of ours that lie where every render may read."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from services.render.sandbox import readable_trees, sandbox_here
from services.settings import Settings, SettingsError, config_file


def check_exposure(settings: Settings) -> None:
    """Raises a `SettingsError` that names what a render could read of ours: keys, tasks, videos, settings. And when
    the operator requires a sandbox that there is not.
    """
    trees = {tree.resolve() for tree in readable_trees(settings.font_dirs, settings.ffmpeg)}
    for variable, place in _secret_places(settings):
        for tree in trees:
            if place.resolve().is_relative_to(tree):
                raise SettingsError(
                    f"{variable}: {place} lies in {tree}, which every render may read; choose a place outside of it"
                )
    here = sandbox_here()
    if settings.require_sandbox and not here.complete:
        raise SettingsError(f"DRAFTCAST_REQUIRE_SANDBOX: this machine has no complete sandbox: {here}")


def _secret_places(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "DRAFTCAST_DATA_DIR", settings.data_dir
    files = urlsplit(settings.files)
    if files.scheme == "file":
        yield "DRAFTCAST_FILES_URL", Path(unquote(files.path))
    url = sa.make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database:
        yield "DRAFTCAST_DATABASE_URL", Path(url.database)
    config = config_file()
    if config is not None:
        yield "DRAFTCAST_CONFIG", config
