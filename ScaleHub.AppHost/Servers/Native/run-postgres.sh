#!/bin/bash
# Starts PostgreSQL of this machine as the official image's entry point does in a container: on the first start it makes the cluster and
# runs INIT_SCRIPT, then it starts the server with the arguments, on the loopback interface only.
#   PGDATA, PGPORT; for a primary also POSTGRES_PASSWORD, INIT_SCRIPT and what that script reads
set -euo pipefail
[ "${1:-}" = postgres ] && shift

# PostgreSQL refuses root.
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" && chown postgres: "$PGDATA" "$PGDATA/.." && chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups bash "${BASH_SOURCE[0]}" "$@"
fi
mkdir -p "$PGDATA" && chmod 700 "$PGDATA"

# A server that an AppHost left behind when it was killed ends within seconds.
for _ in $(seq 150); do
  pg_ctl status -D "$PGDATA" > /dev/null 2>&1 || break
  sleep 0.1
done

version=$(postgres --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
# The mark goes when the first start is through: a start that finds it begins anew, as the data may be half made.
unfinished=$PGDATA/../unfinished
if [ -e "$unfinished" ]; then
  find "$PGDATA" -mindepth 1 -delete
elif [ -s "$PGDATA/PG_VERSION" ] && [ "$(cat "$PGDATA/PG_VERSION")" != "$version" ]; then
  echo "PostgreSQL $(cat "$PGDATA/PG_VERSION") made the data in $PGDATA, but $version is installed:" \
    "install PostgreSQL $(cat "$PGDATA/PG_VERSION"), or start with --reset to delete the data." >&2
  exit 1
elif [ ! -s "$PGDATA/PG_VERSION" ] && [ -n "$(ls -A "$PGDATA")" ]; then
  echo "$PGDATA is not a data directory of PostgreSQL: move what is in it away, or start with --reset to delete it." >&2
  exit 1
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  touch "$unfinished"
  initdb -D "$PGDATA" -U postgres --pwfile=<(echo "$POSTGRES_PASSWORD") -A scram-sha-256 -E UTF8 --locale=C.UTF-8 \
    --no-instructions --no-sync
  # The script talks to a server that nobody else can reach: its socket is in a folder of the script's own. This server too ends when
  # the start is broken off.
  socket=$(mktemp -d)
  setpriv --pdeathsig INT postgres -D "$PGDATA" -p "$PGPORT" -c listen_addresses= -c unix_socket_directories="$socket" \
    -c unix_socket_permissions=0700 &
  first=$!
  until pg_isready -q -h "$socket" -p "$PGPORT"; do
    kill -0 $first
    sleep 0.05
  done
  (
    export PGHOST=$socket PGPORT PGPASSWORD=$POSTGRES_PASSWORD POSTGRES_USER=postgres
    bash "$INIT_SCRIPT"
  )
  kill -INT $first
  wait $first
  rm -r "$socket" "$unfinished"
fi

# SIGTERM would let PostgreSQL wait for its clients; SIGINT ends it at once and in order (PostgreSQL documentation, "Shutting Down the
# Server"). The server also ends when this script is killed.
setpriv --pdeathsig INT postgres -D "$PGDATA" -p "$PGPORT" -c listen_addresses=localhost -c unix_socket_directories= "$@" &
server=$!
trap 'kill -INT $server' TERM INT
code=0
wait $server || code=$?
# A signal ends the first wait before the server has ended.
while kill -0 $server 2> /dev/null; do
  code=0
  wait $server || code=$?
done
exit $code
