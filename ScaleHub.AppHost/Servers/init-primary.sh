#!/bin/bash
# On the primary's first start: a role for replication, which may come from anywhere with its password, and the database. The superuser's
# own commits wait for no standby: the database has to be made, and standbys cloned, before there is one that could confirm.
#   POSTGRES_USER, DATABASE_NAME, REPLICATION_PASSWORD
set -euo pipefail
export PGOPTIONS='-c synchronous_commit=local' PGDATABASE=postgres
psql -v ON_ERROR_STOP=1 --no-psqlrc -q -U "$POSTGRES_USER" -v password="$REPLICATION_PASSWORD" -v name="$DATABASE_NAME" <<'SQL'
create role replicator replication login password :'password';
alter role current_user set synchronous_commit = local;
create database :"name";
SQL
echo 'host replication replicator all scram-sha-256' >> "$PGDATA/pg_hba.conf"
psql -v ON_ERROR_STOP=1 --no-psqlrc -q -o /dev/null -U "$POSTGRES_USER" -c 'select pg_reload_conf()'
