"""Addresses put together by their parts are those that Django makes."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, reverse

from core.addresses import address, address_of

NAMES = (
    "remediation:item_detail",
    "remediation:measure_row",
    "remediation:measure_report",
    "remediation:measure_note",
    "remediation:measure_correct",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", [0, 1, 987_654_321, 2**40])
def test_an_address_of_a_key_is_what_reverse_makes(name: str, key: int) -> None:
    assert address_of(name, key) == reverse(name, args=[key])


def test_an_address_without_a_key_is_what_reverse_makes() -> None:
    assert address("remediation:measure_list") == reverse("remediation:measure_list")


def test_an_unknown_name_is_refused_each_time() -> None:
    for _turn in range(2):
        with pytest.raises(NoReverseMatch):
            address_of("remediation:nothing_of_the_kind", 1)


def test_a_page_that_takes_no_key_is_refused() -> None:
    with pytest.raises(NoReverseMatch):
        address_of("remediation:measure_list", 1)
