# A run would start here: the machine is large enough, the lake definition is whole, and a container
# reaches the lake with the box's own credentials. Only then do the services begin.
# shellcheck source=/dev/null
source /etc/lake/box.env
docker run --rm --init --memory "${LAKE_RUN_MEMORY_MB}m" "$LAKE_IMAGE" python -m lake.box fits
[[ -z ${LAKE_DEFINITION:-} ]] \
  || docker run --rm --init --env "LAKE_DEFINITION=$LAKE_DEFINITION" \
    --mount "type=bind,src=$LAKE_DEFINITION,dst=$LAKE_DEFINITION,readonly" "$LAKE_IMAGE" lake check
docker run --rm --init --network host --env-file /etc/lake/box.env "$LAKE_IMAGE" python -m lake.box open
systemctl enable --now lake-spot.service lake-leave.service lake-notebook.service
systemctl enable --now lake-resume.timer lake-idle.timer lake-reader.timer
# Runs need no Jupyter: without it the box works, and says in its report what is wrong.
jupyter_answers() {
  for _ in {1..60}; do
    curl --silent --fail --max-time 2 --output /dev/null http://127.0.0.1:8888/api && return 0
    sleep 1
  done
  return 1
}
if ! jupyter_answers; then
  why=$(journalctl --boot --identifier lake-notebook --lines 2 --output cat | tr '\n' ' ') || why=""
  echo "but Jupyter does not answer: ${why:-\`journalctl -u lake-notebook\` on the box says why}" \
    | tee "$LAKE_HOME/remark"
fi
