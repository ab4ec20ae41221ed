#!/bin/bash
# Starts Redis (or Valkey) of this machine, on the loopback interface only. The configuration goes in by standard input, where ps does
# not show the password.
#   REDIS_SERVER (the program), REDIS_DATA (folder), REDIS_PORT, REDIS_PASSWORD, REDIS_APPENDONLY (yes: the data lasts)
set -euo pipefail
mkdir -p "$REDIS_DATA"
run=()
if [ "$(id -u)" = 0 ]; then
  chown postgres: "$REDIS_DATA"
  run=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
password=${REDIS_PASSWORD//\\/\\\\}
# The address that begins with a minus may be missing: not every machine has IPv6.
exec "${run[@]}" "$REDIS_SERVER" - <<CONF
bind 127.0.0.1 -::1
port $REDIS_PORT
dir "$REDIS_DATA"
save ""
appendonly $REDIS_APPENDONLY
daemonize no
requirepass "${password//\"/\\\"}"
CONF
