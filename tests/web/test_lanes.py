"""Waiting letters: whose turn it is, and whom an outcome belongs to."""

from __future__ import annotations

import multiprocessing

import pytest

from nlp.batch.jobs import Outcome
from nlp.documents.sources import Source
from nlp.web.lanes import Lane, Lanes


def ignore(_: Outcome) -> None:
    pass


def lane(name: str, lost: list[tuple[str, list[str]]] | None = None) -> Lane:
    told = [] if lost is None else lost
    return Lane(name, single=name.startswith("s"), answer=ignore, broken=lambda keys: told.append((name, sorted(keys))))


def sources(*names: str) -> list[Source]:
    return [Source(name, f"/x/{name}") for name in names]


def test_lanes_are_served_in_turn() -> None:
    _, wake = multiprocessing.Pipe(duplex=False)
    lanes = Lanes(wake)
    lanes.add(lane("b1"), sources("1", "2", "3", "4"))
    lanes.add(lane("s1"), sources("x"))
    assert next(lanes).source.key == "b1/1"
    lanes.add(lane("b2"), sources("7", "8"))
    assert [job.source.key for job in lanes] == ["s1/x", "b1/2", "b2/7", "b1/3", "b2/8", "b1/4"]
    assert next(lanes, None) is None


def test_lanes_of_the_same_names_are_told_apart() -> None:
    _, wake = multiprocessing.Pipe(duplex=False)
    lanes = Lanes(wake)
    one, other = lane("b1"), lane("b2")
    for each in (one, other):
        lanes.add(each, sources("a.txt"))
    keys = [job.source.key for job in lanes]
    owners = [lanes.owner(key) for key in keys]
    assert [(found[0].name, found[1]) for found in owners if found] == [("b1", "a.txt"), ("b2", "a.txt")]
    assert lanes.owner(keys[0]) is None


def test_lanes_cancelled_drop_what_waits_and_what_is_under_way() -> None:
    _, wake = multiprocessing.Pipe(duplex=False)
    lanes = Lanes(wake)
    gone, other = lane("b1"), lane("s1")
    lanes.add(gone, sources("1", "2", "3"))
    under_way = next(lanes).source.key
    lanes.add(other, sources("x"))
    assert (lanes.waiting(single=False), lanes.waiting(single=True)) == (2, 1)
    lanes.cancel(gone)
    assert (lanes.waiting(single=False), lanes.waiting(single=True)) == (0, 1)
    assert lanes.owner(under_way) is None
    assert [job.source.key for job in lanes] == ["s1/x"]


def test_lanes_wake_the_engine_once() -> None:
    listen, wake = multiprocessing.Pipe(duplex=False)
    lanes = Lanes(wake)
    for i in range(20_000):  # more bytes than a pipe holds
        lanes.add(lane(f"s{i}"), sources("x"))
    assert listen.recv_bytes() == b"."
    assert not listen.poll()
    next(lanes)
    lanes.add(lane("more"), sources("x"))
    assert listen.poll()


def test_lanes_fail_tells_each_once() -> None:
    _, wake = multiprocessing.Pipe(duplex=False)
    lanes = Lanes(wake)
    told: list[tuple[str, list[str]]] = []
    lanes.add(lane("b1", told), sources("1", "2"))
    lanes.add(lane("s1", told), sources("x"))
    lanes.add(lane("s2", told), sources("y"))
    lanes.add(lane("s3", told), sources("z"))
    keys = [next(lanes).source.key for _ in range(4)]
    assert lanes.owner(keys[-1]) is not None  # s3, or what is answered, is not lost
    lanes.fail()
    assert sorted(told) == [("b1", ["1", "2"]), ("s1", ["x"]), ("s2", ["y"])]
    assert next(lanes, None) is None


def test_lanes_ended_raise() -> None:
    _, wake = multiprocessing.Pipe(duplex=False)
    lanes = Lanes(wake)
    lanes.end(KeyError)
    with pytest.raises(KeyError):
        next(lanes)
