#!/bin/bash
# Prints the token of the box's Jupyter, which listens on port 8888 of its loopback.
set -euo pipefail
token=/run/lake/notebook-token
[[ -e $token ]] || { echo "Jupyter has not started on this box yet: try again in a minute." >&2; exit 1; }
cat "$token"
