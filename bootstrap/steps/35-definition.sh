# The user's own lake definition, if the deployment has one; else the box runs the retail lake that the
# image holds. It lies beside the image, so that a changed one builds nothing.
[[ -n $LAKE_DEFINITION_SOURCE ]] || exit 0
aws s3 cp --only-show-errors "$LAKE_DEFINITION_SOURCE" "$LAKE_HOME/definition.zip"
python3 -m zipfile -e "$LAKE_HOME/definition.zip" "$LAKE_HOME/definition"
