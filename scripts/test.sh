#!/usr/bin/env bash
# `npm test`: tools, build, documentation, checks and tests. What does not need each other runs side by side, and the
# checks take what the tests leave of the processors: many tests wait for clocks and other processes.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=$(mktemp -d)
declare -A started
failed=()

# begin <name> <command…>: runs it in the background.
begin() {
  local name=$1
  shift
  "$@" >"$logs/$name" 2>&1 &
  started[$name]=$!
}

# finish <name>: waits for it, prints what it said, and notes whether it failed.
finish() {
  wait "${started[$1]}" || failed+=("$1")
  unset "started[$1]"
  printf '\n== %s, after %d s\n' "$1" "$SECONDS"
  if [ -f "$logs/$1" ]; then cat "$logs/$1"; fi
}

end() {
  for pid in "${started[@]}"; do kill "$pid"; done
  rm -rf "$logs"
}
trap end EXIT
trap 'exit 130' INT TERM

stop_if_failed() {
  [ ${#failed[@]} -eq 0 ] && return
  printf '\nFailed: %s\n' "${failed[*]}" >&2
  exit 1
}

begin documentation npm run --silent docs
begin tools npm run --silent test:tools
begin packages npm run --silent pack
for name in tools packages documentation; do finish "$name"; done
stop_if_failed

# Of this build: so that nobody builds and packs again.
export TARBALLS="$PWD/tarballs"
# Not nicer than this: on a machine that is busy with other things they would end long after the tests.
begin checks nice -n 5 npm run --silent check:code
# In the background, too, because a trap waits for what runs in front.
npm run --silent test:run &
started[tests]=$!
finish checks
# Last, so that the command ends with what the test runner says.
finish tests
stop_if_failed
