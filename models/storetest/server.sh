# A PostgreSQL server for tests: $1 its binaries, $2 its directory. It says
# "ready", stays until its input ends, and leaves nothing behind.
trap '' INT TERM HUP
trap 'rm -rf "$2"' EXIT
set -e
"$1/initdb" -D "$2/data" -U postgres -A trust --no-locale -E UTF8 -N >"$2/log" 2>&1 || { cat "$2/log"; exit 1; }
# No power cut in a test: speed before durability. Only the socket, no port.
"$1/pg_ctl" -D "$2/data" -l "$2/log" -w -o "-k $2 -c listen_addresses='' -c max_connections=300 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off" start >/dev/null 2>&1 ||
  { cat "$2/log"; exit 1; }
echo ready
cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
