#!/bin/bash
# Turns a bare instance into the box: fetches the project's source, runs bootstrap/steps in order,
# and tells CloudFormation how it ended. Whatever fails, the signal is sent and says why.
# Told by the environment above: LAKE_NAME LAKE_REGION LAKE_STACK LAKE_SIGNAL_TO LAKE_SOURCE
# LAKE_DEFINITION_SOURCE LAKE_LAST_BOOT LAKE_BOOT_SECONDS LAKE_IDLE_MINUTES.
set -Eeuo pipefail
export PATH="$PATH:/opt/aws/bin"
export AWS_DEFAULT_REGION="$LAKE_REGION"
export LAKE_HOME="${LAKE_HOME:-/opt/lake}"
home="$LAKE_HOME"
log="${LAKE_BOOT_LOG:-/var/log/lake-boot.log}"
step="start"
reason=""

exec > >(tee -a "$log") 2>&1

note_failure() {
  [[ -n $reason ]] || reason="$step: line $1 ended with status $2: $3"
}

# A step says itself what went wrong, in its last line.
fail() {
  sleep 0.2 # until tee has written it
  reason="$step: status $1: $(tail -n 1 "$log")"
  exit "$1"
}

finish() {
  local status=$?
  trap - EXIT ERR
  set +e
  if ((status == 0)); then
    step="done" reason="booted"
  fi
  echo "lake-boot: $step: ${reason:-ended with status $status}"
  report "$status" || echo "lake-boot: could not write $LAKE_LAST_BOOT"
  # The signal itself carries no reason for a group, hence the report before it. A box that
  # replaces a reclaimed one signals too, and CloudFormation, waiting for nothing, refuses: that is
  # no failure of the boot.
  cfn-signal --exit-code "$status" --region "$LAKE_REGION" \
    --stack "$LAKE_STACK" --resource "$LAKE_SIGNAL_TO" \
    || echo "lake-boot: CloudFormation did not take the signal; it waits for none outside a deployment"
  exit "$status"
}

report() {
  local value
  value=$(STATUS="$1" REASON="$reason" LAST_LINES="$(tail -n 15 "$log")" python3 - <<'PYTHON'
import datetime, json, os
print(json.dumps({
    "status": "ok" if os.environ["STATUS"] == "0" else "failed",
    "reason": os.environ["REASON"][:400],
    "ended": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    # A standard parameter holds 4096 bytes, and JSON may double what it quotes.
    "last_lines": os.environ["LAST_LINES"].encode()[-1500:].decode(errors="ignore"),
}, ensure_ascii=False))
PYTHON
  )
  aws ssm put-parameter --name "$LAKE_LAST_BOOT" --type String --overwrite --value "$value" \
    >/dev/null
}

trap 'note_failure "$LINENO" "$?" "$BASH_COMMAND"' ERR
trap finish EXIT
trap 'reason="$step: stopped from outside"; exit 143' TERM INT

step="fetch the source"
mkdir -p "$home"
aws s3 cp --only-show-errors "$LAKE_SOURCE" "$home/source.zip"
python3 -m zipfile -e "$home/source.zip" "$home/source"

for file in "$home"/source/bootstrap/steps/*.sh; do
  step="$(basename "$file" .sh)"
  echo "lake-boot: $step"
  # A boot that hangs must still signal, and before CloudFormation stops waiting.
  timeout "$((LAKE_BOOT_SECONDS > SECONDS ? LAKE_BOOT_SECONDS - SECONDS : 1))" \
    bash -Eeuo pipefail "$file" || fail "$?"
done
