"""The index of a draft's materials by id."""

from dataclasses import dataclass

from services.drafts.fields import Fields

MaterialEntry = tuple[str, Fields]
"""The name of a bucket, and a material in it."""
_LONGEST_BUCKET = 60
"""Characters of a bucket's name, which messages contain."""


@dataclass(frozen=True, slots=True)
class Materials:
    """The materials by id and bucket; materials of two buckets may have the same id."""

    _by_id: dict[str, dict[str, Fields]]

    @classmethod
    def index(cls, buckets: Fields) -> "Materials":
        """All materials of a draft with an id; others cannot be referred to."""
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
        """The material of an id, preferably from the first of `buckets`. It shares the warnings of `asking`."""
        found = self._by_id.get(material_id)
        if not found:
            return None
        chosen = next((bucket for bucket in buckets if bucket in found), next(iter(found)))
        return chosen, found[chosen].with_warnings(asking.warnings)

    def refs(self, segment: Fields) -> list[MaterialEntry]:
        """The extra materials of a segment. Unknown ids are ignored: generators leave such ids behind."""
        ids = [ref for ref in segment.list("extra_material_refs") if isinstance(ref, str)]
        found = (self.find(ref, segment) for ref in dict.fromkeys(ids))
        return [material for material in found if material is not None]
