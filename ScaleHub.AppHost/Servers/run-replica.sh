#!/bin/bash
set -euo pipefail
export PGDATA="${PGDATA:-/var/lib/postgresql/data}"
# Every start of a standby. The script clones the primary when there is no data, or when the data cannot follow it (another
# cluster's, or its replication slot is gone or has lost WAL), then starts the server. The password stays in the environment
# (PGPASSWORD), where the WAL receiver finds it too.
#
# The script never deletes what a promotion has made: data that was a primary's, or that has a newer timeline than the primary.
# Then the start fails and says so.

# libpq tries the nodes in turn, and takes the one that is the primary.
primary="host=$NODE_HOSTS port=$NODE_PORTS user=replicator application_name=$REPLICA_NAME"
primary="$primary connect_timeout=2 target_session_attrs=primary"

# PostgreSQL refuses root. The script that starts the server changes the user as well; this one has to before it touches the data.
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" && chown -R postgres "$PGDATA" && chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups bash "${BASH_SOURCE[0]}" "$@"
fi

# A server that an AppHost left behind when it was killed ends within seconds.
for _ in $(seq 150); do
  pg_ctl status -D "$PGDATA" > /dev/null 2>&1 || break
  sleep 0.1
done

ask() { psql -At --no-psqlrc -F ' ' "$primary dbname=postgres replication=true" -c "$1"; }

# A clone that was cut short has no pg_control yet, or a backup_label still; a standby has standby.signal.
was_primary() {
  [ -f "$PGDATA/global/pg_control" ] && [ ! -f "$PGDATA/backup_label" ] && [ ! -f "$PGDATA/standby.signal" ]
}

# Each promotion leaves a file that is named for its timeline.
timeline() {
  local newest
  newest=$(find "$PGDATA/pg_wal" -name '*.history' -printf '%f\n' 2> /dev/null | sort | tail -n 1)
  echo $((16#0${newest%.history}))
}

can_follow() {
  [ -s "$PGDATA/PG_VERSION" ] && [ -f "$PGDATA/standby.signal" ] || return 1
  local ours kind position
  ours=$(pg_controldata -D "$PGDATA" | sed -n 's/^Database system identifier: *//p')
  read -r kind position _ < <(ask "READ_REPLICATION_SLOT $REPLICATION_SLOT") || true
  [ "$cluster" = "$ours" ] && [ "$kind" = physical ] && [ -n "$position" ]
}

for attempt in $(seq 100); do
  ask 'IDENTIFY_SYSTEM' > /dev/null 2>&1 && break
  [ "$attempt" = 100 ] && { ask 'IDENTIFY_SYSTEM'; exit 1; }
  sleep 0.1
done
read -r cluster primary_timeline _ < <(ask 'IDENTIFY_SYSTEM')

if was_primary || [ "$(timeline)" -gt "$primary_timeline" ]; then
  echo "$REPLICA_NAME has the data of a promotion (timeline $(timeline)), but $PRIMARY_NAME has started with older data" \
    "(timeline $primary_timeline): nothing was deleted; docs/failover.md, 'Come back', says how to keep it ($PGDATA)." >&2
  exit 1
fi

if ! can_follow; then
  [ -n "$(ls -A "$PGDATA" 2> /dev/null)" ] && echo "The data in $PGDATA cannot follow the primary: cloning it anew."
  mkdir -p "$PGDATA"
  find "$PGDATA" -mindepth 1 -delete
  chmod 700 "$PGDATA"
  if [ -n "$(ask "READ_REPLICATION_SLOT $REPLICATION_SLOT" | tr -d ' ')" ]; then
    ask "DROP_REPLICATION_SLOT $REPLICATION_SLOT WAIT" > /dev/null
  fi
  pg_basebackup -d "$primary" -D "$PGDATA" -X stream -C -S "$REPLICATION_SLOT" --checkpoint=fast
  # Last: a clone that was cut short has no such file, and is made anew at the next start.
  touch "$PGDATA/standby.signal"
fi

# Written at every start, because ports may have changed. Not given as arguments: a promotion of another node stops and
# resumes streaming by ALTER SYSTEM, which arguments would override.
sed -i '/^primary_/d' "$PGDATA/postgresql.conf" "$PGDATA/postgresql.auto.conf"
printf "primary_conninfo = '%s'\nprimary_slot_name = '%s'\n" "$primary" "$REPLICATION_SLOT" >> "$PGDATA/postgresql.conf"
exec "${POSTGRES_ENTRYPOINT:-docker-entrypoint.sh}" postgres "$@"
