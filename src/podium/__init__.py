"""Podium: direct coding agents in parallel, review on evidence, own what lands."""

__version__ = "0.1.0"
