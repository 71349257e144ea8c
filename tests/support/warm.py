"""Imported last by the process that forks the programs: what each of them would pay for again is paid here.

The first migration imports and compiles for a quarter of a second. Objects that are there before a fork are left out of
the garbage collections after it, which would copy every page that they touch.
"""

import gc
import tempfile

from services.migrate import migrate

with tempfile.TemporaryDirectory() as folder:
    migrate(f"sqlite+aiosqlite:///{folder}/draftcast.sqlite")
gc.collect()
gc.freeze()
