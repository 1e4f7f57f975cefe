"""A chain of lines: whatever is done to it is found, and an untouched one raises no alarm."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drill.chain import START, Tip, digest, first_break, linked, whole_lines
from drill.chainfile import held
from drill.errors import CannotRun

documents: st.SearchStrategy[dict[str, object]] = st.dictionaries(
    st.text(max_size=5), st.none() | st.integers() | st.text(max_size=5), max_size=3
)


def chain(of: list[dict[str, object]]) -> tuple[list[bytes], Tip]:
    lines, tip = [], Tip()
    for document in of:
        line, tip = linked(document, tip)
        lines.append(line)
    return lines, tip


chains = st.lists(documents, min_size=1, max_size=8).map(chain)


def places(data: st.DataObject, lines: Sequence[bytes]) -> int:
    return data.draw(st.integers(0, len(lines) - 1))


@given(chains)
def test_an_untouched_chain_is_whole(made: tuple[list[bytes], Tip]) -> None:
    lines, end = made
    assert first_break(lines, end=end) is None
    assert first_break(lines) is None
    assert Tip.of(lines) == end
    assert whole_lines(b"".join(line + b"\n" for line in lines)) == (lines, b"")


@given(chains, st.data())
def test_any_edit_is_found_in_its_line(made: tuple[list[bytes], Tip], data: st.DataObject) -> None:
    lines, end = made
    at = places(data, lines)
    byte = data.draw(st.integers(0, len(lines[at]) - 1))
    edited = lines[at][:byte] + data.draw(st.binary(max_size=2)) + lines[at][byte + 1 :]
    assume(edited != lines[at] and b"\n" not in edited)
    found = first_break([*lines[:at], edited, *lines[at + 1 :]], end=end)
    assert found is not None
    assert found.line == at + 1


@given(chains, st.data())
def test_any_dropped_line_is_found(made: tuple[list[bytes], Tip], data: st.DataObject) -> None:
    lines, end = made
    at = places(data, lines)
    found = first_break([*lines[:at], *lines[at + 1 :]], end=end)
    assert found is not None
    assert found.line == at + 1
    assert ("cut off" if at == len(lines) - 1 else "missing") in found.says


@given(chains, documents, st.data())
def test_any_added_line_is_found(made: tuple[list[bytes], Tip], other: dict[str, object], data: st.DataObject) -> None:
    lines, end = made
    at = data.draw(st.integers(0, len(lines)))
    invented, _ = linked(other, Tip(at, digest(lines[at - 1]) if at else START))
    for added in (b"", b"{}", invented, lines[min(at, len(lines) - 1)]):
        found = first_break([*lines[:at], added, *lines[at:]], end=end)
        assert found is not None
        assert at <= found.line <= at + 2


@given(chains, st.data())
def test_any_two_lines_in_the_place_of_each_other_are_found(made: tuple[list[bytes], Tip], data: st.DataObject) -> None:
    lines, end = made
    one, other = places(data, lines), places(data, lines)
    assume(one < other)
    swapped = list(lines)
    swapped[one], swapped[other] = lines[other], lines[one]
    found = first_break(swapped, end=end)
    assert found is not None
    assert (found.line, "reordered" in found.says) == (one + 1, True)


@given(chains, st.data())
def test_a_tail_that_was_cut_off_is_found(made: tuple[list[bytes], Tip], data: st.DataObject) -> None:
    lines, end = made
    left = lines[: data.draw(st.integers(0, len(lines) - 1))]
    found = first_break(left, end=end)
    assert found is not None
    assert found.line == len(left) + 1
    assert "the tail was cut off" in found.says


@given(chains, documents, st.data())
def test_a_chain_that_was_made_anew_is_found(
    made: tuple[list[bytes], Tip], other: dict[str, object], data: st.DataObject
) -> None:
    """Whoever changes a line and links all that follow to it still meets the end that was signed."""
    lines, end = made
    at = places(data, lines)
    anew, tip = linked(other, Tip(at, digest(lines[at - 1]) if at else START))
    assume(anew != lines[at])
    forged = [*lines[:at], anew]
    for number in range(at + 1, len(lines)):
        line, tip = linked({"forged": number}, tip)
        forged.append(line)
    assert first_break(forged) is None
    assert first_break(forged, end=end) is not None


@given(chains)
def test_a_chain_that_follows_another_is_not_taken_for_one_that_begins(made: tuple[list[bytes], Tip]) -> None:
    lines, _ = made
    found = first_break(lines, before=digest(b"another"))
    assert found is not None
    assert found.line == 1
    assert first_break(lines, before=None) is None


def test_many_add_to_one_file_and_none_of_it_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "heads.jsonl"

    def add(number: int) -> None:
        for _ in range(20):
            with held(path, {"kind": "test"}) as file:
                file.add({"by": number})

    work = [threading.Thread(target=add, args=(number,)) for number in range(5)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    lines, torn = whole_lines(path.read_bytes())
    assert (len(lines), torn, first_break(lines)) == (101, b"", None)


def test_what_a_killed_process_left_of_a_line_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "heads.jsonl"
    with held(path, {"kind": "test"}) as file:
        file.add({"whole": True})
    path.write_bytes(path.read_bytes() + b'{"who')
    with held(path, {"kind": "test"}) as file:
        file.add({"next": True})
    lines, torn = whole_lines(path.read_bytes())
    assert (len(lines), torn, first_break(lines)) == (3, b"", None)


def test_a_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "heads.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotRun, match=r"heads\.jsonl"), held(tmp_path / "heads.jsonl", {}):
        pass
    assert not (tmp_path / "elsewhere").exists()
