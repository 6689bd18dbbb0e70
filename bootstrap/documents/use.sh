#!/bin/bash
# Somebody wants the box to stay on: lake-idle counts its minutes from here.
set -euo pipefail
here="${LAKE_RUN_FOLDER:-/run/lake}"
mkdir -p "$here"
touch "$here/last-used"
