"""The `lake` command."""

from __future__ import annotations


def main() -> None:
    """Not yet."""


if __name__ == "__main__":
    main()
