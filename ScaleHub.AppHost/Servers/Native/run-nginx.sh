#!/bin/bash
# Starts nginx of this machine with a template, as the official image's entry point does: variables in ${…} are those of the environment.
#   NGINX_PROGRAM, NGINX_HOME (folder), NGINX_TEMPLATE, and the variables of the template
set -euo pipefail
mkdir -p "$NGINX_HOME" "$NGINX_CACHE"
site=$(cat "$NGINX_TEMPLATE")
for name in API_SERVERS NGINX_LISTEN NGINX_CACHE; do
  site=${site//"\${$name}"/${!name}}
done
cat > "$NGINX_HOME/nginx.conf" <<CONF
daemon off;
worker_processes auto;
worker_shutdown_timeout 2s;
pid $NGINX_HOME/nginx.pid;
error_log stderr notice;
events { worker_connections 8192; }
http {
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path $NGINX_HOME/client_body;
    proxy_temp_path $NGINX_HOME/proxy;
    fastcgi_temp_path $NGINX_HOME/fastcgi;
    uwsgi_temp_path $NGINX_HOME/uwsgi;
    scgi_temp_path $NGINX_HOME/scgi;
$site
}
CONF
run=()
if [ "$(id -u)" = 0 ]; then
  chown -R postgres: "$NGINX_HOME"
  # nginx opens its output once more, for the log of the template.
  if [ -p /dev/stdout ] || [ -f /dev/stdout ]; then chown postgres: /dev/stdout; fi
  run=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
exec "${run[@]}" "$NGINX_PROGRAM" -p "$NGINX_HOME" -e stderr -c "$NGINX_HOME/nginx.conf"
