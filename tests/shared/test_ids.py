"""Ids sort by time and never meet."""

import re

from shared.ids import new_id


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id("sub", 1_790_000_000 + second / 1000) for second in range(200)]

    assert ids == sorted(ids)
    assert all(re.fullmatch(r"sub_[0-9A-HJKMNP-TV-Z]{26}", one) for one in ids)


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id("sub", 1_790_000_000) for _ in range(1000)}) == 1000
