from services.worker.queue.heartbeats import Heartbeats


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """The time in seconds."""
        return self.now


def watched(dead_after_seconds: float = 20) -> tuple[Clock, Heartbeats]:
    """Heartbeats with a clock."""
    clock = Clock()
    return clock, Heartbeats(dead_after_seconds, clock)


def test_who_does_not_move_for_the_dead_after_time_is_dead() -> None:
    clock, hearts = watched()
    for second in range(0, 24, 4):
        clock.now = 1000.0 + second
        assert hearts.look({1: "stands", 2: f"moves at {second}"}) == []
    clock.now += 4
    assert hearts.look({1: "stands", 2: "moves still"}) == [1]


def test_a_heartbeat_need_only_differ_whatever_its_date() -> None:
    clock, hearts = watched()
    for second in range(0, 100, 4):
        clock.now = 1000.0 + second
        assert hearts.look({1: -second}) == []


def test_time_in_which_the_watcher_was_blind_counts_for_nobody() -> None:
    clock, hearts = watched()
    hearts.look({1: "stands"})
    for _ in range(5):
        clock.now += 11
        assert hearts.look({1: "stands"}) == []


def test_a_watcher_is_blind_after_the_dead_after_time_until_it_looks() -> None:
    clock, hearts = watched()
    clock.now += 20
    assert not hearts.blind
    clock.now += 1
    assert hearts.blind
    hearts.look({})
    assert not hearts.blind


def test_one_who_is_gone_and_comes_back_starts_anew() -> None:
    clock, hearts = watched()
    hearts.look({1: "stands"})
    for beats in ({}, {1: "stands"}, {1: "stands"}):
        clock.now += 9
        assert hearts.look(beats) == []
