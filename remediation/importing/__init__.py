"""Importing a ledger as an office keeps it.

columns (one declaration drives template, mapping, checking and export headings) -> reader (``core.workbooks``)
-> layout (which sheet, which header rows, which column is what) -> rows (one per measure, as the sheet says)
-> plan (what would happen to the ledger; no writes; every error of every row) -> commit (one transaction) -> undo.
"""
