#!/bin/bash
# Begins a run on the box and ends as it ends.
# shellcheck disable=SC2154 # the agent sets SSM_...
set -euo pipefail
# An agent older than 3.3.2746 hands no parameter over, and none is ever pasted into this script.
[[ -n ${SSM_RunId+x} ]] || { echo "The box's SSM agent is too old: update it." >&2; exit 1; }
arguments=("$SSM_RunId")
# A parameter that is empty, or left at its default, may not be there at all.
if [[ ${SSM_Layers:-all} != all ]]; then
  IFS=, read -ra layers <<<"$SSM_Layers"
  for layer in "${layers[@]}"; do
    arguments+=(--layer "$layer")
  done
fi
[[ ${SSM_Rebuild:-false} != true ]] || arguments+=(--rebuild)
[[ -z ${SSM_From:-} ]] || arguments+=(--from "$SSM_From")
[[ -z ${SSM_To:-} ]] || arguments+=(--to "$SSM_To")
exec lake-run start "${arguments[@]}"
