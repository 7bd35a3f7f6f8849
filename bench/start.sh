#!/usr/bin/env bash
# Idle memory with the sample city and the time of a second start: from exec to the first 200 of
# /readyz. Prints one JSON line.
#
#   bench/start.sh [BUILD_FOLDER]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
programs=$build
[ -x "$build/xiaozhengd" ] || programs=$build/src/app
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

"$programs/xiaozheng" import "$root/data/sample" --data "$work/data" >"$work/import.log" 2>&1
port=$((20000 + RANDOM % 20000))
starts=""
for _ in 1 2 3 4 5; do
    before=$(date +%s%N)
    "$programs/xiaozhengd" --data "$work/data" --port "$port" --set log.level=warn >"$work/log" 2>&1 &
    server=$!
    until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null 2>&1; do sleep 0.005; done
    starts="$starts $((($(date +%s%N) - before) / 1000000))"
    sleep 3 # what is idle after the start settles
    rss=$(awk '/VmRSS/ { print $2 }' "/proc/$server/status")
    kill "$server"
    wait "$server" || true
done
# shellcheck disable=SC2086
median=$(printf '%s\n' $starts | sort -n | sed -n 3p)
echo "{\"start_ms_median\":$median,\"start_ms\":[$(echo $starts | tr ' ' ',')],\"idle_rss_kib\":$rss}"
