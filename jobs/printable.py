"""Foreign text made fit for the eye: no character of it can steer a terminal or hide another."""

from __future__ import annotations

import unicodedata

# Marks that join letters, as in Persian words and in emoji: seen, and without any harm.
_JOINERS = "\u200c\u200d"
# Controls, formats (bidirectional overrides among them), halves of a character, separators of
# lines, and what is no character.
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp", "Cn")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What Python puts in the place of a byte that is no UTF-8, in a file's name.
_BYTES = range(0xDC80, 0xDD00)


def is_seen(letter: str) -> bool:
    """Whether a character is shown as itself."""
    return letter in _JOINERS or unicodedata.category(letter) not in _UNSEEN


def escape(letter: str) -> str:
    r"""One character as Python writes it: ``\n``, ``\x1b``, ``\u202e``."""
    code = ord(letter)
    if letter in _SHORT:
        return _SHORT[letter]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(text: str, *, lines: bool = False) -> str:
    r"""``text`` with every character that is not seen written as an escape, such as ``\x1b``.

    lines: line ends and tabs stay, as in a message of several lines. A byte of a file's name
    that is no UTF-8 reads as that byte: ``\xff``.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    return "".join(c if c in kept or is_seen(c) else _shown(c) for c in text)


def _shown(letter: str) -> str:
    code = ord(letter)
    return escape(chr(code - 0xDC00)) if code in _BYTES else escape(letter)
