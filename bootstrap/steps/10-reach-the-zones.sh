# Proves that the box reaches every zone: a wrong role, endpoint or bucket ends the deployment here,
# and not in the first run at night.
for zone in landing bronze silver gold; do
  bucket=$(aws ssm get-parameter --name "/$LAKE_NAME/zones/$zone/bucket" \
    --query Parameter.Value --output text)
  aws s3api list-objects-v2 --bucket "$bucket" --max-keys 1 >/dev/null
  echo "reached $bucket"
done
