"""Under the CDK CLI: synthesise. By hand: `settings`, `deploy`, `destroy`; see `--help`."""

from __future__ import annotations

import sys

from cdk_app.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
