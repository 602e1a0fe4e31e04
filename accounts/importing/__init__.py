"""Registers as workbooks: offices with leaders' posts, and accounts. Template -> rows -> plan -> commit.

``tables`` finds the rows, ``offices`` and ``accounts`` plan (no writes, every error of every row) and commit (the plan
made anew in one transaction), ``templates`` writes the empty workbooks from the same column declarations.
"""
