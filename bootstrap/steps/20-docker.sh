# The engine that runs the image, its logs bounded. The mirrors fail now and then, so it is tried again.
for pause in 0 10 30; do
  sleep "$pause"
  dnf install --assumeyes --quiet docker iptables-nft && break
  ((pause < 30)) || { echo "dnf could not install docker, three times over"; exit 1; }
done
mkdir -p /etc/docker
cat >/etc/docker/daemon.json <<'JSON'
{
  "log-driver": "local",
  "log-opts": {"max-size": "20m", "max-file": "3"},
  "live-restore": true
}
JSON
systemctl enable --now docker
