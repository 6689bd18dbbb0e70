# The image of this version: pulled where it was built before, else built here and kept for the next
# box. Its version is what it is made from, so a change of anything else builds nothing, and the
# machine that it runs on: a tag is written once, and another machine's image would never start.
# Told by the environment: LAKE_NAME, LAKE_HOME; LAKE_ARCHITECTURE, where it is not this machine's.
cd "$LAKE_HOME/source" || exit 1
own=$(uname -m)
own="${own/aarch64/arm64}" # one machine, called by Linux so and by macOS so
machine="${LAKE_ARCHITECTURE:-$own}"
sum=(sha256sum)
command -v sha256sum >/dev/null || sum=(shasum -a 256) # macOS
version=$(find bootstrap/Dockerfile bootstrap/ipython_config.py constraints.txt jobs lake notebooks \
  pyproject.toml requirements -type f -not -path '*/__pycache__/*' -print0 \
  | LC_ALL=C sort -z | xargs -0 "${sum[@]}" | "${sum[@]}" | cut -c 1-16)-$machine
registry=$(aws ssm get-parameter --name "/$LAKE_NAME/registry/uri" \
  --query Parameter.Value --output text)
image="$registry:$version"
# The password goes through a pipe alone, and never into a log.
aws ecr get-login-password | docker login --username AWS --password-stdin "${registry%%/*}"
repository="${registry#*/}"
kept=yes
answer=$(aws ecr describe-images --repository-name "$repository" \
  --image-ids "imageTag=$version" 2>&1) || kept=""
if [[ -z $kept && $answer != *ImageNotFoundException* ]]; then
  echo "could not ask the registry for $image: $answer"
  exit 1
fi
if [[ -n $kept ]]; then
  # A tag is written once: what is there must be pulled, and a build of it could never be pushed.
  for pause in 0 10 30; do
    sleep "$pause"
    docker pull --quiet "$image" && break
    ((pause < 30)) || { echo "docker could not pull $image, three times over"; exit 1; }
  done
  echo "pulled $image"
else
  build=(docker build --file bootstrap/Dockerfile --tag "$image")
  [[ $machine == "$own" ]] || build+=(--platform "linux/${machine/x86_64/amd64}")
  # BuildKit takes layers only from an image that says which it has, and tells its words line by
  # line only when asked; the classic builder knows neither.
  if [[ ${DOCKER_BUILDKIT:-1} != 0 ]] && docker buildx version >/dev/null 2>&1; then
    export DOCKER_BUILDKIT=1
    build+=(--progress=plain --build-arg BUILDKIT_INLINE_CACHE=1)
  fi
  # The layers of this machine's version before are most of this one's.
  latest="sort_by(imageDetails[?imageTags[?ends_with(@, '-$machine')]], &imagePushedAt)[-1]"
  before=$(aws ecr describe-images --repository-name "$repository" \
    --query "$latest.imageTags[0]" --output text || true)
  if [[ -n $before && $before != None ]] && docker pull --quiet "$registry:$before"; then
    build+=(--cache-from "$registry:$before")
  fi
  # Not quiet: the last lines of a build that fails are the reason, and go into the boot's log.
  "${build[@]}" .
  docker push --quiet "$image"
  echo "built and pushed $image"
fi
echo "$image" >"$LAKE_HOME/image"
