"""Builds draft_content.json the way generators write it, for tests."""

import copy
import json
from typing import Any, Self, cast

Json = dict[str, Any]

CLIP: Json = {
    "alpha": 1.0,
    "flip": {"horizontal": False, "vertical": False},
    "rotation": 0.0,
    "scale": {"x": 1.0, "y": 1.0},
    "transform": {"x": 0.0, "y": 0.0},
}
FULL_CROP: Json = {
    f"{row}_{side}_{axis}": value
    for row, y in (("upper", 0.0), ("lower", 1.0))
    for side, x in (("left", 0.0), ("right", 1.0))
    for axis, value in (("x", x), ("y", y))
}


class DraftBuilder:
    """A draft under construction; each method adds one segment and returns the builder.

    Times are microseconds. Segments go to the track of that name, made at first use.
    Keyword arguments that are not named here go into the segment as they are.
    """

    def __init__(self, width: int = 640, height: int = 360, fps: float = 30) -> None:
        self.draft: Json = {
            "canvas_config": {"width": width, "height": height, "ratio": "original"},
            "fps": fps,
            "duration": 0,
            "config": {"video_mute": False},
            "materials": {name: [] for name in ("videos", "audios", "texts", "speeds", "audio_fades", "canvases")},
            "tracks": [],
        }
        self._ids = 0
        self._last: Json = {}

    def content(self) -> Json:
        """The draft as an object."""
        return self.draft

    def json(self) -> str:
        """The draft as draft_content.json."""
        return json.dumps(self.draft, ensure_ascii=False)

    def bytes(self) -> bytes:
        """The same, encoded."""
        return self.json().encode("utf-8", "surrogatepass")

    def track(self, kind: str, name: str, **fields: Any) -> Json:
        """The track of that name."""
        known: list[Json] = [track for track in self.draft["tracks"] if track["name"] == name]
        if known:
            known[0].update(fields)
            return known[0]
        track: Json = {
            "type": kind,
            "name": name,
            "id": self._id(),
            "attribute": 0,
            "flag": 0,
            "segments": [],
            **fields,
        }
        self.draft["tracks"].append(track)
        return track

    def material(self, bucket: str, **fields: Any) -> str:
        """A material of any kind; gives its id."""
        material = {"id": self._id(), **fields}
        self.draft["materials"].setdefault(bucket, []).append(material)
        return str(material["id"])

    @property
    def last(self) -> Json:
        """The segment that was added last."""
        return self._last

    def using(self, bucket: str, **fields: Any) -> Self:
        """A transition, mask, fade, ...: an extra material of the segment that was added last."""
        self.last["extra_material_refs"].append(self.material(bucket, **fields))
        return self

    def video(
        self,
        path: str,
        start_us: int,
        duration_us: int,
        *,
        kind: str = "video",
        crop: Json | None = None,
        track: str = "main",
        **options: Any,
    ) -> Self:
        """A video, photo or gif segment; `clip` overrides parts of the usual clip."""
        material = self.material(
            "videos", type=kind, path=path, material_name=path.rsplit("/", 1)[-1],
            width=640, height=360, duration=10_800_000_000 if kind == "photo" else duration_us,
            crop={**FULL_CROP, **(crop or {})},
        )  # fmt: skip
        clip = _merged(CLIP, options.pop("clip", {}))
        return self._segment("video", track, material, start_us, duration_us, clip=clip, **options)

    def photo(self, path: str, start_us: int, duration_us: int, **options: Any) -> Self:
        """A picture."""
        return self.video(path, start_us, duration_us, kind="photo", **options)

    def audio(self, path: str, start_us: int, duration_us: int, *, track: str = "audio", **options: Any) -> Self:
        """A sound."""
        material = self.material("audios", type="extract_music", path=path, name=path, duration=duration_us)
        return self._segment("audio", track, material, start_us, duration_us, clip=None, **options)

    def text(
        self,
        text: str,
        start_us: int,
        duration_us: int,
        *,
        styles: list[Json] | None = None,
        material: Json | None = None,
        track: str = "text",
        **options: Any,
    ) -> Self:
        """A caption; `styles` as in the content, `material` overrides its flat fields."""
        if styles is None:
            styles = [{"range": [0, len(text)], "size": options.pop("size", 15), "fill": solid(1.0, 1.0, 1.0)}]
        fields = {
            "content": json.dumps({"text": text, "styles": styles}), "type": "subtitle", "alignment": 1,
            "line_max_width": 0.82, "line_spacing": 0.02, "letter_spacing": 0.0, **(material or {}),
        }  # fmt: skip
        clip = _merged(CLIP, options.pop("clip", {}))
        return self._segment(
            "text", track, self.material("texts", **fields), start_us, duration_us,
            clip=clip, source_timerange=None, **options,
        )  # fmt: skip

    def segment(self, kind: str, track: str, material: str, start_us: int, duration_us: int, **options: Any) -> Self:
        """A segment of a track of any other kind: effect, filter, adjust, sticker."""
        clip = _merged(CLIP, options.pop("clip", {}))
        return self._segment(
            kind, track, material, start_us, duration_us, clip=clip, source_timerange=None, **options
        )  # fmt: skip

    def _segment(self, kind: str, track: str, material: str, start_us: int, duration_us: int, **fields: Any) -> Self:
        speed = fields.pop("speed", 1.0)
        source_start_us = fields.pop("source_start_us", 0)
        segment: Json = {
            "id": self._id(), "material_id": material, "speed": speed, "volume": 1.0, "visible": True,
            "target_timerange": {"start": start_us, "duration": duration_us},
            "source_timerange": {"start": source_start_us, "duration": round(duration_us * speed)},
            "extra_material_refs": [], "common_keyframes": [], "is_tone_modify": False, "reverse": False,
            "uniform_scale": {"on": True, "value": 1.0}, "render_index": len(self.draft["tracks"]), **fields,
        }  # fmt: skip
        self.track(kind, track)["segments"].append(segment)
        self._last = segment
        self.draft["duration"] = max(self.draft["duration"], start_us + duration_us)
        return self

    def _id(self) -> str:
        self._ids += 1
        return f"id{self._ids:04d}"


def solid(red: float, green: float, blue: float, alpha: float = 1.0) -> Json:
    """A fill of one colour."""
    return {"alpha": alpha, "content": {"render_type": "solid", "solid": {"alpha": 1.0, "color": [red, green, blue]}}}


def _merged(base: Json, changes: Json) -> Json:
    merged = copy.deepcopy(base)
    for name, value in changes.items():
        known = merged.get(name)
        merged[name] = _merged(cast("Json", known), value) if isinstance(known, dict) else value
    return merged
