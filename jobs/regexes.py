"""Whether a regular expression is one to Java, in which Spark runs it; found without Java.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

import re

ESCAPES = set("aAbBcdDefGhHkNnpPrRsStuvVwWxXzZ0123456789")
IN_CLASS = ESCAPES - set("AbBGkRXzZ123456789")
PROPERTY = re.compile(r"[pP](?:\{(\^?[\w=: -]+)\}|([A-Z]))")
PROPERTIES = {
    *"LMNPSZC", "LC", "LD", "L1", "all",
    *(f"L{c}" for c in "ultmo"), *(f"M{c}" for c in "nce"), *(f"N{c}" for c in "dlo"),
    *(f"P{c}" for c in "cdseifo"), *(f"S{c}" for c in "mcko"), *(f"Z{c}" for c in "slp"),
    *(f"C{c}" for c in "cfson"), "Lower", "Upper", "ASCII", "Alpha", "Digit", "Alnum", "Punct",
    "Graph", "Print", "Blank", "Cntrl", "XDigit", "Space",
}  # fmt: skip
NUMBERED = {"c": r"c.", "x": r"x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]+\})", "u": r"u[0-9A-Fa-f]{4}",
            "0": r"0[0-7]{1,3}", "k": r"k<[A-Za-z][A-Za-z0-9]*>", "N": r"N\{[^}]+\}"}  # fmt: skip
GROUP = re.compile(r"\(\?(?:[:=!>]|<[=!]|<([A-Za-z][A-Za-z0-9]*)>|([idmsuxU]*-?[idmsuxU]*)([:)]))")
REPEAT = re.compile(r"(?:[*+?]|\{\d+(?:(,)(\d*))?\})[?+]?")
PYTHON = {
    "(?P<": "write (?<name>...) for a named group",
    "(?P=": r"write \k<name> for what a named group found",
    "(?#": "Java has no comments in (?#...)",
    "(?(": "Java has no conditions",
}


class _Bad(Exception):
    """Why the expression is none."""


def regex_fault(pattern: str) -> str:
    """Why Java refuses a regular expression, with the cure; or ""."""
    try:
        _Scan(pattern).all()
    except _Bad as bad:
        return str(bad)
    return ""


class _Scan:
    """One pass over an expression. ready: whether a repetition may follow."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.ready = text, 0, False
        self.open: list[bool] = []  # of each open group, whether it looks behind
        self.names: set[str] = set()

    def all(self) -> None:
        while self.at < len(self.text):
            letter = self.text[self.at]
            step = {"\\": self.escape, "[": self.bracket, "(": self.group}.get(letter)
            if step:
                step()
            elif letter in "*+?{":
                self.repeat()
            elif letter == ")":
                if not self.open:
                    raise _Bad(r"a ) closes nothing; write \) for itself")
                self.open.pop()
                self.at, self.ready = self.at + 1, True
            else:
                self.at, self.ready = self.at + 1, letter != "|"
        if self.open:
            raise _Bad(r"a ( is not closed; write \( for itself")

    def repeat(self) -> None:
        found = REPEAT.match(self.text, self.at)
        if found is None:
            raise _Bad(r"a { begins no repetition such as {2,3}; write \{ for itself")
        mark = found[0]
        if mark[0] != "{" and not self.ready:
            raise _Bad(f"a {mark[0]} repeats nothing; write \\{mark[0]} for itself")
        low, _, high = mark[1:].partition("}")[0].partition(",")
        if mark[0] == "{" and high and int(high) < int(low):
            raise _Bad(f"{mark} ends before it begins")
        endless = mark[0] in "*+" or (found[1] and not found[2])
        if endless and any(self.open) and self.text[self.at - 1] == ")":
            raise _Bad(f"a look behind must have an end: no group with {mark} in (?<=...)")
        self.at, self.ready = found.end(), False

    def group(self) -> None:
        rest = self.text[self.at :]
        for start, cure in PYTHON.items():
            if rest.startswith(start):
                raise _Bad(f"{start}...) is Python's: {cure}")
        if not rest.startswith("(?"):
            self.open.append(False)
            self.at, self.ready = self.at + 1, False
            return
        found = GROUP.match(rest)
        if found is None:
            raise _Bad(f"{rest[:4]} begins no group that Java has")
        if found[1] in self.names:
            raise _Bad(f"two groups are called {found[1]}")
        self.names |= {found[1]} if found[1] else set()
        if found[3] != ")":
            self.open.append(found[0] in ("(?<=", "(?<!"))
        if "x" in (found[2] or "").partition("-")[0] and "#" in rest:
            raise _Bad("with (?x), a # begins a comment that swallows the end; write [#]")
        self.at, self.ready = self.at + found.end(), False

    def escape(self, allowed: set[str] = ESCAPES) -> None:
        rest = self.text[self.at + 1 :]
        if not rest:
            raise _Bad("it ends in a single backslash; write two for itself")
        letter, length = rest[0], 1
        if letter == "Q":
            length = rest.find("\\E") + 2
            if length == 1:
                raise _Bad(r"\Q has no \E")
        elif letter.isascii() and letter.isalnum() and letter not in allowed:
            raise _Bad(f"\\{letter} means nothing to Java here; leave out the backslash")
        elif letter in "pP":
            length = _property(rest)
        elif letter in NUMBERED:
            found = re.match(NUMBERED[letter], rest, re.DOTALL)
            if found is None:
                raise _Bad(f"\\{letter} is not complete")
            if letter == "k" and found[0][2:-1] not in self.names:
                raise _Bad(f"\\{found[0]} names no group before it")
            length = found.end()
        self.at, self.ready = self.at + 1 + length, True

    def bracket(self) -> None:
        """A [...] with what is nested in it."""
        self.at += 2 if self.text.startswith("[^", self.at) else 1
        empty, before = True, ""
        while self.at < len(self.text):
            letter, start = self.text[self.at], self.at
            if letter == "]" and not empty:
                self.at, self.ready = self.at + 1, True
                return
            if letter == "[":
                self.bracket()
            elif letter == "\\":
                self.escape(IN_CLASS)
            else:
                self.at += 1
            low, dash = before[-2:-1], before[-1:] == "-"
            if dash and low and letter not in "[\\]&" and low > letter:
                raise _Bad(f"the range {low}-{letter} ends before it begins")
            # A single letter can begin a range; what an escape or a class was cannot.
            before = (before + letter)[-2:] if self.at == start + 1 else ""
            empty = False
        raise _Bad(r"a [ is not closed; write \[ for itself")


def _property(rest: str) -> int:
    r"""The length of ``p{L}`` or ``pL``."""
    found = PROPERTY.match(rest)
    word = (found[1] or found[2]) if found else ""
    if found is None or not (word in PROPERTIES or re.match(r"Is|In|java|\w+=", word)):
        raise _Bad(f"\\{rest[0]} names no property that Java knows; such are \\p{{L}}, \\p{{Lu}}")
    return found.end()
