#!/bin/bash
# Turns a bare instance into the box: fetches the project's source, runs bootstrap/steps in order,
# and tells CloudFormation how it ended. Whatever fails, the signal is sent and says why.
# Told by the environment above: LAKE_NAME LAKE_REGION LAKE_STACK LAKE_SIGNAL_TO LAKE_SOURCE
# LAKE_DEFINITION_SOURCE LAKE_LAST_BOOT LAKE_BOOT_SECONDS LAKE_IDLE_MINUTES
# LAKE_STUCK_AFTER_HOURS.
set -Eeuo pipefail
export PATH="$PATH:/opt/aws/bin"
export AWS_DEFAULT_REGION="$LAKE_REGION"
export LAKE_HOME="${LAKE_HOME:-/opt/lake}"
home="$LAKE_HOME"
log="${LAKE_BOOT_LOG:-/var/log/lake-boot.log}"
step="start"
reason=""
instance=$(cat "${LAKE_INSTANCE_FILE:-/var/lib/cloud/data/instance-id}" || echo unknown)

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
    [[ ! -s $home/remark ]] || reason="booted, $(cat "$home/remark")"
  fi
  echo "lake-boot: $step: ${reason:-ended with status $status}"
  report "$status" || echo "lake-boot: could not write $LAKE_LAST_BOOT"
  keep_the_log || echo "lake-boot: could not keep the log in CloudWatch"
  # The signal itself carries no reason for a group, hence the report before it. A box that
  # replaces a reclaimed one signals too, and CloudFormation, waiting for nothing, refuses: that is
  # no failure of the boot.
  if ! cfn-signal --exit-code "$status" --region "$LAKE_REGION" \
    --stack "$LAKE_STACK" --resource "$LAKE_SIGNAL_TO"; then
    echo "lake-boot: CloudFormation did not take the signal; it waits for none outside a deployment"
    # Without a deployment that takes a broken box away, it would stay on, unused and paid for.
    ((status == 0)) || turn_off || echo "lake-boot: could not turn the box off"
  fi
  exit "$status"
}

# shellcheck disable=SC2153 # LAKE_NAME is told by the environment above
parameter() {
  aws ssm get-parameter --name "/$LAKE_NAME/$1" --query Parameter.Value --output text
}

turn_off() {
  local group
  group=$(parameter box/group) || return 1
  echo "lake-boot: turning the box off"
  aws autoscaling set-desired-capacity --auto-scaling-group-name "$group" --desired-capacity 0
}

# The signal waits for this: it must neither fail nor hang.
keep_the_log() {
  local group events="$log.events"
  group=$(parameter records/log-group) || return 1
  # CloudWatch takes 1 MiB at once, and no empty line.
  python3 - "$log" >"$events" <<'PYTHON' || return 1
import json, sys, time
with open(sys.argv[1], errors="replace") as log:
    lines = [line.rstrip()[:2000] for line in log if line.strip()][-2000:]
while sum(len(line.encode()) + 26 for line in lines) > 900_000:
    del lines[0]
now = int(time.time() * 1000)
print(json.dumps([{"timestamp": now, "message": line} for line in lines]))
PYTHON
  local stream=(--log-group-name "$group" --log-stream-name "boot/$instance")
  timeout 60 aws logs create-log-stream "${stream[@]}" \
    && timeout 60 aws logs put-log-events "${stream[@]}" --log-events "file://$events" >/dev/null
}

report() {
  local value
  value=$(STATUS="$1" REASON="$reason" INSTANCE="$instance" LAST_LINES="$(tail -n 15 "$log")" python3 - <<'PYTHON'
import datetime, json, os
print(json.dumps({
    "status": "ok" if os.environ["STATUS"] == "0" else "failed",
    "reason": os.environ["REASON"][:400],
    "instance": os.environ["INSTANCE"],
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
