# What the box does from now on: the commands, what they are told, and the units that call them.
metadata=http://169.254.169.254/latest
token=$(curl --silent --fail --max-time 5 --retry 3 --request PUT "$metadata/api/token" \
  --header "X-aws-ec2-metadata-token-ttl-seconds: 60")
metadatum() {
  curl --silent --fail --max-time 5 --retry 3 "$metadata/meta-data/$1" \
    --header "X-aws-ec2-metadata-token: $token"
}
instance=$(metadatum instance-id)
kind=$(metadatum instance-type)
zone_of_box=$(metadatum placement/availability-zone)
market=$(metadatum instance-life-cycle)
parameter() {
  aws ssm get-parameter --name "/$LAKE_NAME/$1" --query Parameter.Value --output text
}

# The system keeps a gigabyte, notebooks a fifth, a run the rest.
total=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
notebook=$((total / 5))
mkdir -p /etc/lake
{
  echo "LAKE_NAME=$LAKE_NAME"
  echo "AWS_DEFAULT_REGION=$LAKE_REGION"
  for zone in landing bronze silver gold; do
    bucket=$(parameter "zones/$zone/bucket")
    echo "LAKE_${zone^^}=s3://$bucket"
  done
  log_group=$(parameter records/log-group)
  reader=$(parameter identity/reader)
  echo "LAKE_LOG_GROUP=$log_group"
  echo "LAKE_READER_ROLE=$reader"
  echo "LAKE_IMAGE=$(cat "$LAKE_HOME/image")"
  [[ -z $LAKE_DEFINITION_SOURCE ]] || echo "LAKE_DEFINITION=$LAKE_HOME/definition"
  echo "LAKE_BOX_INSTANCE=$instance"
  echo "LAKE_BOX_KIND=$kind"
  echo "LAKE_BOX_ZONE=$zone_of_box"
  echo "LAKE_BOX_MARKET=$market"
  echo "LAKE_IDLE_MINUTES=$LAKE_IDLE_MINUTES"
  echo "LAKE_STUCK_AFTER_HOURS=$LAKE_STUCK_AFTER_HOURS"
  echo "LAKE_RUN_MEMORY_MB=$((total - notebook - 1024))"
  echo "LAKE_NOTEBOOK_MEMORY_MB=$notebook"
} >/etc/lake/box.env

install --mode 0755 "$LAKE_HOME"/source/bootstrap/bin/* /usr/local/bin/
install --mode 0644 "$LAKE_HOME"/source/bootstrap/units/* /etc/systemd/system/
systemctl daemon-reload
