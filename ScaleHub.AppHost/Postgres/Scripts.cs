namespace ScaleHub.AppHost.Postgres;

/// <summary>What the containers of the servers run.</summary>
internal static class Scripts
{
    /// <summary>
    /// On the primary's first start: a role for replication, which may come from anywhere with its password.
    /// </summary>
    public const string AllowReplication = """
        #!/bin/bash
        set -euo pipefail
        psql -v ON_ERROR_STOP=1 --no-psqlrc -q -U "$POSTGRES_USER" -d "${POSTGRES_DB:-postgres}" -v password="$REPLICATION_PASSWORD" <<'SQL'
        create role replicator replication login password :'password';
        SQL
        echo 'host replication replicator all scram-sha-256' >> "$PGDATA/pg_hba.conf"
        psql -v ON_ERROR_STOP=1 --no-psqlrc -q -o /dev/null -U "$POSTGRES_USER" -d "${POSTGRES_DB:-postgres}" -c 'select pg_reload_conf()'

        """;

    /// <summary>
    /// Every start of a standby: clones the primary when there is no data, or when the data cannot follow it (another
    /// cluster's, or its replication slot is gone or has lost WAL), then starts the server. The password stays in the
    /// environment (PGPASSWORD), where the walreceiver finds it too.
    /// </summary>
    public const string RunReplica = """
        #!/bin/bash
        set -euo pipefail
        export PGDATA="${PGDATA:-/var/lib/postgresql/data}"
        slot="${REPLICA_NAME//-/_}"
        primary="host=$PRIMARY_HOST port=$PRIMARY_PORT user=replicator application_name=$REPLICA_NAME"

        # The image's script changes to the server's user by itself; this one has to do so before it touches the data.
        if [ "$(id -u)" = 0 ]; then
          mkdir -p "$PGDATA" && chown -R postgres "$PGDATA" && chmod 700 "$PGDATA"
          exec gosu postgres "$BASH_SOURCE" "$@"
        fi

        ask() { psql -At --no-psqlrc -F ' ' "$primary dbname=postgres replication=true" -c "$1"; }

        can_follow() {
          [ -s "$PGDATA/PG_VERSION" ] && [ -f "$PGDATA/standby.signal" ] || return 1
          local theirs ours kind position
          read -r theirs _ < <(ask 'IDENTIFY_SYSTEM')
          ours=$(pg_controldata -D "$PGDATA" | sed -n 's/^Database system identifier: *//p')
          read -r kind position _ < <(ask "READ_REPLICATION_SLOT $slot") || true
          [ "$theirs" = "$ours" ] && [ "$kind" = physical ] && [ -n "$position" ]
        }

        for attempt in $(seq 100); do
          ask 'IDENTIFY_SYSTEM' > /dev/null 2>&1 && break
          [ "$attempt" = 100 ] && { ask 'IDENTIFY_SYSTEM'; exit 1; }
          sleep 0.1
        done

        if ! can_follow; then
          [ -n "$(ls -A "$PGDATA" 2> /dev/null)" ] && echo "The data in $PGDATA cannot follow the primary: cloning it anew."
          mkdir -p "$PGDATA"
          find "$PGDATA" -mindepth 1 -delete
          chmod 700 "$PGDATA"
          if [ -n "$(ask "READ_REPLICATION_SLOT $slot" | tr -d ' ')" ]; then
            ask "DROP_REPLICATION_SLOT $slot WAIT" > /dev/null
          fi
          pg_basebackup -d "$primary" -D "$PGDATA" -X stream -C -S "$slot" --checkpoint=fast
          # Last: a clone that was cut short has no such file, and is made anew at the next start.
          touch "$PGDATA/standby.signal"
        fi

        # Given at every start, because the primary's port may have changed since the clone was made.
        exec docker-entrypoint.sh postgres -c primary_conninfo="$primary" -c primary_slot_name="$slot" "$@"

        """;
}
