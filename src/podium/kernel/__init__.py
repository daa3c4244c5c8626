"""Ids, clock, errors: what every other room may use, and which uses none of them."""
