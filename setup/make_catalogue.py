"""Writes services/drafts/families/catalogue: what the apps offer, by id.

Ids, names and default durations are facts, read from the lists of pyJianYingDraft and pycapcut. Families are no part of
the tables: they follow from the names. Run it after a change of those packages: `.venv/bin/python -m
setup.make_catalogue`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pycapcut  # type: ignore[import-untyped]  # it has no types
import pyJianYingDraft  # type: ignore[import-untyped]  # it has no types

from services.drafts.families.catalogue import Entry, read_entries, written

FOLDER = Path(__file__).parent.parent / "services" / "drafts" / "families" / "catalogue"
TABLES = {
    "transitions": {"TransitionType": "transition"},
    "entries": {"IntroType": "clip in", "OutroType": "clip out", "TextIntro": "text in", "TextOutro": "text out"},
    "loops": {"GroupAnimationType": "clip group", "TextLoopAnim": "text loop"},
    "effects": {"VideoSceneEffectType": "scene"},
    "faces": {"VideoCharacterEffectType": "face"},
    "filters": {"FilterType": "filter"},
    "blends": {"MixModeType": "blend"},
    "masks": {"MaskType": "mask"},
}
"""The tables, and the packages' lists that each is made from."""
UNNAMED = "undefined"
"""The name of an entry whose name the packages do not know."""
APPS = {"j": pyJianYingDraft, "c": pycapcut}
"""The apps by the letter that stands for them in the tables, with the package that lists their names."""
MORE_MASKS = (
    Entry(("7356934080102928946", "7374021188315517456"), "mask", "jc", 0, ("圆形",)),
    Entry(("7356933362960831003",), "mask", "j", 0, ("线性",)),
    Entry(("7356933823327638042",), "mask", "j", 0, ("镜面",)),
    Entry(("7356934318301647410", "7374021450748924432"), "mask", "jc", 0, ("矩形",)),
    Entry(("7416258912162157068",), "mask", "j", 0, ("爱心",)),
    Entry(("7416258989467374091",), "mask", "j", 0, ("星形",)),
)
"""Masks of JianYing 11 and CapCut that the packages do not list."""


def main() -> None:
    """Write the tables."""
    for table, lists in TABLES.items():
        entries = sorted(merged([*listed(lists), *(MORE_MASKS if table == "masks" else ())]))
        (FOLDER / f"{table}.tsv").write_text(written(entries), encoding="utf-8")
        print(f"{table}: {len(read_entries(table))} entries")


def listed(lists: dict[str, str]) -> Iterator[Entry]:
    """The entries of some of the packages' lists."""
    for app, package in APPS.items():
        for name, kind in lists.items():
            members: list[Any] = list(getattr(package, name))
            for member in members:
                meta = cast("dict[str, Any]", vars(member.value))
                if _name(meta) == UNNAMED:
                    continue
                ids = dict.fromkeys(str(meta[key]) for key in ("resource_id", "effect_id") if meta[key])
                duration_us = int(meta.get("duration") or meta.get("default_duration") or 0)
                yield Entry(tuple(ids), kind, app, duration_us // 1000, (" ".join(_name(meta).split()),))


def merged(entries: list[Entry]) -> list[Entry]:
    """The entries, those of one id and kind joined."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        known = found.get((entry.kind, entry.ids[0]))
        found[entry.kind, entry.ids[0]] = entry.joined(known) if known else entry
    return list(found.values())


def _name(meta: dict[str, Any]) -> str:
    return str(meta.get("name") or meta["title"])


if __name__ == "__main__":
    main()
