"""The materials of a draft, found by id."""

from dataclasses import dataclass

from services.drafts.fields import Fields

MaterialEntry = tuple[str, Fields]
"""A material with the name of its bucket."""
_LONGEST_BUCKET = 60
"""Characters; messages name buckets."""


@dataclass(frozen=True, slots=True)
class Materials:
    """The materials by id and bucket: ids are looked up over all buckets, and two may share one."""

    _by_id: dict[str, dict[str, Fields]]

    @classmethod
    def index(cls, buckets: Fields) -> "Materials":
        """All materials of a draft; those without an id cannot be named and are passed over."""
        by_id: dict[str, dict[str, Fields]] = {}
        for bucket, content in buckets.values.items():
            if isinstance(content, list) and bucket.isidentifier() and len(bucket) <= _LONGEST_BUCKET:
                for fields in buckets.objects(bucket):
                    by_id.setdefault(fields.text("id"), {}).setdefault(bucket, fields)
            elif content is not None and content != {} and bucket.isidentifier():
                buckets.warn_unknown(bucket[:_LONGEST_BUCKET])
        by_id.pop("", None)
        return cls(by_id)

    def find(self, material_id: str, asking: Fields, *buckets: str) -> MaterialEntry | None:
        """The material of that id, rather from the first of `buckets`. Its warnings go where those of `asking` go."""
        found = self._by_id.get(material_id)
        if not found:
            return None
        chosen = next((bucket for bucket in buckets if bucket in found), next(iter(found)))
        return chosen, found[chosen].with_warnings(asking.warnings)

    def refs(self, segment: Fields) -> list[MaterialEntry]:
        """The extra materials a segment names. Ids of materials that are not there are passed over: generators leave
        such behind.
        """
        ids = [ref for ref in segment.list("extra_material_refs") if isinstance(ref, str)]
        found = (self.find(ref, segment) for ref in dict.fromkeys(ids))
        return [material for material in found if material is not None]
