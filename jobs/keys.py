"""Surrogate keys: 64-bit, made of the business key alone, so that they never change."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.sqltext import name


def encoded(columns: Iterable[str]) -> str:
    """SQL text that spells a key so that no two keys read alike: every value with its length,
    and null distinct from all of them (``("a", null)`` is not ``(null, "a")``)."""
    parts = (
        f"coalesce(concat(octet_length(cast({name(c)} as string)), ':', cast({name(c)} as string))"
        ", '~')"
        for c in columns
    )
    return f"concat({', '.join(parts)})"


def surrogate(columns: Iterable[str]) -> str:
    """SQL of the surrogate key of ``columns``: BIGINT, xxHash64 of the encoded key."""
    return f"xxhash64({encoded(columns)})"
