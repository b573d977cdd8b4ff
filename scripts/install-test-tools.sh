#!/usr/bin/env bash
# What the tests need besides npm packages: real brokers, a real browser, and the published peers.
# Installs the missing Debian packages when run as root; otherwise says what to run.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
[ -x "${CHROMIUM_PATH:-/usr/bin/chromium}" ] || missing+=(chromium)
command -v redis-server >/dev/null || missing+=(redis-server)
PATH="$PATH:/usr/sbin" command -v nats-server >/dev/null || missing+=(nats-server)

if [ ${#missing[@]} -gt 0 ]; then
  install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    echo "The tests need ${missing[*]}. Run: sudo sh -c '$install'" >&2
    exit 1
  fi
  echo "Installing ${missing[*]} for the tests"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

bash scripts/install-peers.sh
