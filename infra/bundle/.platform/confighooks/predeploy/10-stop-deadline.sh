#!/bin/bash
# Gives the tier the time it was promised for a graceful stop, and ten seconds more, before systemd kills it.
# The drop-in stands under /usr/lib because Elastic Beanstalk clears /etc/systemd/system/web.service.d when it deploys.
set -euo pipefail

drop_in=/usr/lib/systemd/system/web.service.d
mkdir -p "$drop_in"
cat > "$drop_in/turnout.conf" <<CONF
[Service]
TimeoutStopSec=$((${STOP_DEADLINE_SECONDS:?is set by the environment} + 10))
LimitNOFILE=65536
CONF
systemctl daemon-reload
