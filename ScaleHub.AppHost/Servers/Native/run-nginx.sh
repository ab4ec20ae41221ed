#!/bin/bash
# Starts nginx of this machine with a template, as the official image's entry point does: variables in ${…} are those of the environment.
#   NGINX_PROGRAM, NGINX_HOME (folder), NGINX_TEMPLATE, and the variables of the template
#   NGINX_CERTIFICATE, NGINX_CERTIFICATE_KEY: files, which become tls.crt and tls.key in NGINX_HOME; both or none
set -euo pipefail
mkdir -p "$NGINX_HOME" "$NGINX_CACHE"
# Copies, as nginx does not run as root and the key may be root's alone.
if [ -n "${NGINX_CERTIFICATE:-}" ]; then
  install -m 600 "$NGINX_CERTIFICATE" "$NGINX_HOME/tls.crt"
  install -m 600 "$NGINX_CERTIFICATE_KEY" "$NGINX_HOME/tls.key"
fi
site=$(cat "$NGINX_TEMPLATE")
for name in API_SERVERS NGINX_LISTEN NGINX_CACHE NGINX_REAL_IP_FROM NGINX_TRUSTED; do
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
