"""Every item of a list call, whether the call pages or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def items(client: Any, call: str, field: str, **arguments: Any) -> Iterator[Any]:
    """Walk through all pages.

    :param call: the client's method, such as ``describe_volumes``
    :param field: the answer's field that holds the list
    """
    if client.can_paginate(call):
        for page in client.get_paginator(call).paginate(**arguments):
            yield from page.get(field) or ()
    else:
        yield from getattr(client, call)(**arguments).get(field) or ()
