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
