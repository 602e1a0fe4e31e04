"""What a web process holds for good, kept out of the way of Python's garbage collector."""

from __future__ import annotations

import gc

from django.urls import get_resolver


def freeze_what_is_loaded() -> None:
    """Load the code of all pages, and have the collector leave alone what is there by then.

    It lives as long as the process: some hundred thousand objects, through which every full collection goes in search
    of garbage. One page in twenty then took 100 ms more than the others.
    """
    # Views, forms and tables are otherwise loaded by the first request.
    _patterns = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
