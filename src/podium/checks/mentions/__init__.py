"""Texts that a change left and made untrue: documents, comments, docstrings, help and what tests expect."""
