"""What a statement changed, as PostgreSQL's triggers ask for it."""

from __future__ import annotations


def changed(columns: str, new: str = "new_rows", old: str = "old_rows") -> str:
    """What a statement made different in ``columns``, the key among them. As sets: joined, the rows before and after
    cost the square of their number, because PostgreSQL knows nothing of a trigger's tables."""
    return f"SELECT {columns} FROM {new} EXCEPT SELECT {columns} FROM {old}"  # noqa: S608 - constants
