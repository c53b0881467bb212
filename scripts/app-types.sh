#!/bin/sh
# Writes the types of the web app from the document that the server serves. The
# descriptions are left out: the page /docs has them. A hash of the document beside
# them tells a test when they are of another one.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
port=${PORT:-18399}
go build -o "$dir/aftercare" .
ADDR=127.0.0.1:$port DATABASE=$dir/types.db LOG_LEVEL=error "$dir/aftercare" &
server=$!
trap 'kill $server; wait $server 2>/dev/null || true; rm -rf "$dir"' EXIT
curl -sf --retry 50 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$port/openapi.json" -o "$dir/openapi.json"
app/node_modules/.bin/openapi-typescript "$dir/openapi.json" -o "$dir/schema.d.ts"
perl -0pe 's{^\s*/\*\*.*?\*/\n}{}gms' "$dir/schema.d.ts" > app/src/api/schema.d.ts
go test ./api -run TestTheAppsTypesAreOfThisDocument -update
