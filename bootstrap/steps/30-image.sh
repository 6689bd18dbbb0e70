# The image of this version: pulled where it was built before, else built here and kept for the next
# box. Its version is what it is made from, so a change of anything else builds nothing.
cd "$LAKE_HOME/source" || exit 1
version=$(find bootstrap/Dockerfile bootstrap/ipython_config.py constraints.txt jobs lake \
  pyproject.toml requirements -type f -not -path '*/__pycache__/*' -print0 \
  | LC_ALL=C sort --zero-terminated | xargs --null sha256sum | sha256sum | cut --characters 1-16)
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
  # The layers of the version before are most of this one's.
  before=$(aws ecr describe-images --repository-name "$repository" \
    --query 'sort_by(imageDetails, &imagePushedAt)[-1].imageTags[0]' --output text || true)
  reuse=()
  if [[ -n $before && $before != None ]] && docker pull --quiet "$registry:$before"; then
    reuse=(--cache-from "$registry:$before")
  fi
  docker build --quiet --file bootstrap/Dockerfile "${reuse[@]}" --tag "$image" .
  docker push --quiet "$image"
  echo "built and pushed $image"
fi
echo "$image" >"$LAKE_HOME/image"
