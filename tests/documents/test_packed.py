"""Zip containers: what is over a limit, locked or damaged is refused before it costs anything, and with a mend."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from make_files import packed

from nlp.documents.limits import DEFAULT_LIMITS, Limits
from nlp.documents.packed import check_packed, open_packed, read_member
from nlp.errors import FanzhaError

LETTER = "现答复如下。".encode()


def read_all(data: bytes, *, limits: Limits = DEFAULT_LIMITS, max_bytes: int = 10_000) -> list[bytes]:
    with open_packed(data, where="x.zip", limits=limits) as file:
        return [read_member(file, i, where="x.zip", limits=limits, max_bytes=max_bytes) for i in file.infolist()]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packed_members_are_read(compression: int) -> None:
    assert read_all(packed({"a.txt": LETTER, "b.txt": b""}, compression=compression)) == [LETTER, b""]


@pytest.mark.parametrize(
    ("members", "limits", "message"),
    [
        ({"a": b"x" * 600, "b": b"x" * 600}, Limits(unpacked_bytes=1000), "--max-unpacked-megabytes"),
        ({str(i): b"" for i in range(4)}, Limits(members=3), "holds more than 3 files .*--max-members"),
        ({"a": bytes(1_100_000)}, DEFAULT_LIMITS, "200 times its size, as a zip bomb does .*--max-ratio"),
    ],
)  # fmt: skip
def test_packed_containers_over_a_limit_are_refused(
    members: dict[str, bytes | str], limits: Limits, message: str
) -> None:
    data = packed(members)
    with pytest.raises(FanzhaError, match=message):
        open_packed(data, where="x.zip", limits=limits)
    with zipfile.ZipFile(io.BytesIO(data)) as file, pytest.raises(FanzhaError, match=message):
        check_packed(file, where="x.zip", limits=limits)


def test_packed_small_members_may_be_packed_well() -> None:
    assert read_all(packed({"a": bytes(900_000)}), max_bytes=1_000_000) == [bytes(900_000)]


def test_packed_entries_are_counted_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed({str(i): b"" for i in range(4)})
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("was opened"))
    with pytest.raises(FanzhaError, match="holds more than 3 files"):
        open_packed(data, where="x.zip", limits=Limits(members=3))


def test_packed_members_are_read_to_the_bound_whatever_their_header_says() -> None:
    data = packed({"a": b"x" * 5000})
    with pytest.raises(FanzhaError, match=r"larger than 0\.004 MB unpacked .*--max-megabytes"):
        read_all(data, max_bytes=4000)
    with pytest.raises(FanzhaError, match="--max-unpacked-megabytes"), zipfile.ZipFile(io.BytesIO(data)) as file:
        read_member(file, file.infolist()[0], where="x", limits=Limits(unpacked_bytes=4000), max_bytes=9000)
    # Both headers claim 5 bytes: nobody gets more than that, and the check sum tells.
    lying = data.replace(struct.pack("<I", 5000), struct.pack("<I", 5))
    with pytest.raises(FanzhaError, match="damaged"):
        read_all(lying)


def damaged_check_sum(data: bytes) -> bytes:
    at = data.index(b"PK\x01\x02") + 16
    crc = data[at : at + 4]
    return data.replace(crc, bytes(b ^ 0xFF for b in crc))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "damaged"),
        (b"PK\x03\x04" + b"x" * 200, "damaged"),
        (packed({"a": LETTER})[:-30], "damaged"),
        (damaged_check_sum(packed({"a": LETTER})), "damaged"),
        (packed({"a": LETTER}).replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x01\x00\x08\x00"), "locked"),
        (packed({"a": LETTER}).replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x62\x00"), "packed in a way"),
    ],
    ids=["head", "garbage", "cut", "check sum", "locked", "method"],
)
def test_packed_bad_containers_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(FanzhaError, match=message) as found:
        read_all(data)
    assert found.value.path == "x.zip"
    assert found.value.mend


SOUND = packed({"a.txt": LETTER * 3, "b/c.txt": b"x" * 3000})


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=8), st.integers(0, len(SOUND)))
@example(0, b"PK\x05\x06", len(SOUND))
def test_packed_any_damage_gives_bytes_or_a_fault(at: int, patch: bytes, end: int) -> None:
    data = (SOUND[:at] + patch + SOUND[at + len(patch) :])[: end or None]
    try:
        read = read_all(data, limits=replace(DEFAULT_LIMITS, unpacked_bytes=5000))
    except FanzhaError:
        return
    assert all(isinstance(member, bytes) and len(member) <= 5000 for member in read)
