"""统计口径: how everything is counted (product text, section 9). The one home of every figure.

``measures`` counts measures, ``items`` items and their completion, ``ledgers`` sections and whole ledgers. A figure and
the list that it links to are the same rows.
"""
