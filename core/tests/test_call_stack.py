"""Deep calls cost no memory of their own, wherever the pieces of the interpreter's stack end."""

from __future__ import annotations

import resource
import sys

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from core.call_stack import with_room

CALLS = 300
DEPTHS = range(10, 130)
# Counted by the system: a piece of stack that was taken anew is touched for the first time.
FEW_FAULTS = CALLS // 3


def leaf() -> int:
    """Two calls, as a template's node makes many."""
    return inner()


def inner() -> int:
    return 1


def faults_at(depth: int) -> int:
    """Pages of memory that were touched for the first time by ``CALLS`` calls from that depth."""
    if depth:
        return faults_at(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _call in range(CALLS):
        leaf()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def worst() -> int:
    """The most that the calls cost from any depth."""
    return max(faults_at(depth) for depth in DEPTHS)


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(worst()))


urlpatterns = [path("deep/", page)]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="tells how Python 3.11 and 3.12 keep their stack")
def test_without_room_some_depth_takes_a_piece_of_stack_at_every_call() -> None:
    assert worst() >= CALLS


def test_with_room_no_depth_does() -> None:
    assert with_room(worst)() < FEW_FAULTS


def test_with_room_passes_on_what_it_is_given_and_what_it_gets() -> None:
    def words(first: str, *, second: str) -> str:
        """Both words."""
        return first + second

    roomy = with_room(words)
    assert roomy("整", second="改") == "整改"
    assert (roomy.__name__, roomy.__doc__) == ("words", "Both words.")


def test_with_room_passes_on_an_error() -> None:
    def refuse() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        with_room(refuse)()


def test_recursion_ends_as_everywhere() -> None:
    def again() -> None:
        again()

    with pytest.raises(RecursionError):
        with_room(again)()


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_a_page_is_drawn_with_room(client: Client) -> None:
    client.get("/deep/")
    assert int(client.get("/deep/").content) < FEW_FAULTS
