"""Who gets which answer from which address: one module of rows for each app, checked by ``tests/test_access.py``.

Add a row for every address that you add; the test fails for a URL name without one. Copy from ``accounts.py``.
"""
