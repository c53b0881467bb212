#!/bin/sh
# Brings what the tests need beside Go: Debian packages, where this user may
# install them, and npm packages. It never fails: what cannot be had is named
# with the command that brings it, and the tests that want it are skipped.
#
#   scripts/test-deps.sh          installs what is missing
#   scripts/test-deps.sh report   names what is still missing
set -u
cd "$(dirname "$0")/.." || exit 1

# One line for each dependency: the Debian packages, how they are recognised (a
# command or a file), and the tests that are skipped without them.
needs() {
  debian 'postgresql'      'initdb /usr/lib/postgresql/*/bin/initdb'   'all tests on PostgreSQL'
  debian 'prosody-modules' '/usr/lib/prosody/modules/*unified_push*'   'Web Push to a real UnifiedPush server'
  debian 'nodejs npm'      'npm'                                       'Web Push to an independent push service'
  debian 'curl'            'curl'                                      'the conversation in the README'
  debian 'chromium'        'chromium'                                  'the web app in a browser'
  debian 'prometheus'      'promtool'                                  'the alert rules'
  npm_ci 'app'                                                         'the web app'
  npm_ci 'jobs/push/testdata/node'                                     'Web Push to an independent push service'
  npm_ci 'api/synctest'                                                'phones with WatermelonDB and RxDB'
  npm_ci 'api/synctest/rxdbserver'                                     'the client of rxdb-server'
  npm_ci 'api/clienttest'                                              'linters and the TypeScript client of the OpenAPI document'
}

debian() {
  for sign in $2; do
    if command -v "$sign" >/dev/null || [ -e "$sign" ]; then return; fi
  done
  packages="$packages $1" skipped="$skipped|$3"
}

npm_ci() {
  if [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ]; then return; fi
  folders="$folders $1" skipped="$skipped|$2"
}

look() {
  packages='' folders='' skipped=''
  needs
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# shellcheck disable=SC2086 # lists of names
install() {
  look
  if [ -n "$packages" ]; then
    echo "installing:$packages"
    as_root apt-get update -q
    for package in $packages; do # one that a distribution lacks keeps no other away
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$package"
    done
  fi
  for folder in $folders; do
    npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --prefix "$folder"
  done
}

report() {
  look
  [ -n "$skipped" ] || return
  echo
  echo "############ NOT EVERYTHING IS TESTED ############"
  echo "$skipped" | tr '|' '\n' | sort -u | sed -n 's/^./skipped: &/p'
  [ -z "$packages" ] || echo "install:  sudo apt-get install$packages"
  echo "then:     make deps"
}

[ "${1:-}" = report ] || install
report
exit 0
