"""Writes services/drafts/families/ids.txt: the families of the apps' ids.

The ids and names are those listed by pyJianYingDraft and pycapcut; the family follows from the name, as for a draft
with a name only. Run it after a change of the families or of those packages:
`.venv/bin/python -m setup.make_family_ids`.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pycapcut  # type: ignore[import-untyped]  # it has no types
import pyJianYingDraft  # type: ignore[import-untyped]  # it has no types

from services.drafts.families.effects import BLENDS, EFFECTS, FILTERS, MASKS
from services.drafts.families.lookup import Families, Match
from services.drafts.families.motion import ENTRIES, LOOPS, TRANSITIONS

FILE = Path(__file__).parent.parent / "services" / "drafts" / "families" / "ids.txt"
LISTS: dict[str, Families[Any]] = {
    "TransitionType": TRANSITIONS,
    "IntroType": ENTRIES,
    "OutroType": ENTRIES,
    "TextIntro": ENTRIES,
    "TextOutro": ENTRIES,
    "GroupAnimationType": LOOPS,
    "TextLoopAnim": LOOPS,
    "VideoSceneEffectType": EFFECTS,
    "FilterType": FILTERS,
    "MixModeType": BLENDS,
    "MaskType": MASKS,
}
"""The packages' lists, and the families that their names are of."""
MORE_MASKS = {
    "圆形": "7356934080102928946 7374021188315517456",
    "线性": "7356933362960831003",
    "镜面": "7356933823327638042",
    "矩形": "7356934318301647410 7374021450748924432",
    "爱心": "7416258912162157068",
    "星形": "7416258989467374091",
}
"""Masks of JianYing 11 and CapCut that the packages do not list."""


def main() -> None:
    """Write the table."""
    rows: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (table, found), match in _sorted().items():
        rows[table, match.kind, "plain" if match.exact else "near"].append(int(found))
    lines = [" ".join((*key, *map(str, sorted(ids)))) for key, ids in sorted(rows.items())]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{sum(map(len, rows.values()))} ids in {len(rows)} rows, {FILE.stat().st_size} bytes")


def _sorted() -> dict[tuple[str, str], Match[Any]]:
    """The family of each id of each table; of two names of one id, an exact match takes precedence."""
    found: dict[tuple[str, str], Match[Any]] = {}
    for families, name, ids in _listed():
        match = families.find(name)
        for each in ids if match else ():
            known = found.get((families.table, each))
            if match and (known is None or (match.exact and not known.exact)):
                found[families.table, each] = match
    return found


def _listed() -> Iterator[tuple[Families[Any], str, set[str]]]:
    """Every name with its ids: the resource's long one, and the older short one."""
    for name, more in MORE_MASKS.items():
        yield MASKS, name, set(more.split())
    for package in (pyJianYingDraft, pycapcut):
        for kind, families in LISTS.items():
            for name, resource_id, effect_id in listed(package, kind):
                yield families, name, {resource_id, effect_id} - {""}


def listed(package: Any, kind: str) -> list[tuple[str, str, str]]:
    """The entries of a package's list: name, id of the resource, and the older id."""
    metas: list[dict[str, Any]] = [vars(member.value) for member in getattr(package, kind)]
    return [(meta.get("name") or meta["title"], meta["resource_id"], meta["effect_id"]) for meta in metas]


if __name__ == "__main__":
    main()
