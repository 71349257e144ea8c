"""Counting what is prepared, over a draft and all drafts within it."""

from services.exporter_protocol import Reporter, Stage, Unit


class Items:
    """How many of the items that are known of are done; drafts within a draft bring more of them."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._done = self._total = 0

    def expect(self, count: int) -> None:
        """So many more are to come."""
        self._total += count
        self._tell()

    def partly(self, part: float) -> None:
        """So much of the next one is done, 0..1."""
        self._tell(part)

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        self._tell()

    def _tell(self, part: float = 0.0) -> None:
        self._reporter.progress(Stage.PROCESSING_MATERIALS, self._done + part, self._total, Unit.ITEMS)
