"""Configuration keys: those that code reads, those that settings classes hold, those that shipped files set."""
