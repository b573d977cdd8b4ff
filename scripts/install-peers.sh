#!/usr/bin/env bash
# The published clients and servers that the interop matrix and the benchmarks run against.
# They change only with their lockfile.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cmp -s peers/package-lock.json peers/node_modules/.installed-lock.json; then
  echo "Installing the published peers that the interop tests run against"
  npm ci --prefix peers --no-fund --no-audit --loglevel=error
  cp peers/package-lock.json peers/node_modules/.installed-lock.json
fi
