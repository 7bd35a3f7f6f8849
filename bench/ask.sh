#!/usr/bin/env bash
# Reviewed answers over HTTP: the sample city, every listed question variant in turn, 64 keep-alive
# connections, the load generator (Debian's wrk, one thread) on the same cores, each turn durable
# before its reply. Prints wrk's report and one JSON line.
#
#   bench/ask.sh [BUILD_FOLDER] [SECONDS]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
seconds=${2:-10}
command -v wrk >/dev/null || { echo "bench/ask.sh: install wrk first (apt-get install wrk)" >&2; exit 2; }
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
programs=$build
[ -x "$build/xiaozhengd" ] || programs=$build/src/app

"$programs/xiaozheng" import "$root/data/sample" --data "$work/data" >"$work/import.log" 2>&1
python3 - "$root" "$work/questions" <<'P'
import csv, glob, json, sys
root, out = sys.argv[1:]
with open(out, "w") as f:
    for path in sorted(glob.glob(root + "/data/sample/answers/*.csv")):
        for row in csv.DictReader(open(path, encoding="utf-8-sig")):
            region = {"临江区": "990102", "望湖区": "990103", "高新区": "990105"}.get(row["区域"])
            if row["可见范围"] not in ("", "公开") or row["失效日期"] and row["失效日期"] < "2026-12-01":
                continue
            for q in [row["问题"]] + row["相似问法"].split("｜"):
                f.write(json.dumps({"question": q, **({"region": region} if region else {})},
                                   ensure_ascii=False) + "\n")
P
"$programs/xiaozhengd" --data "$work/data" --port 0 --set log.level=warn >"$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do
    port=$(sed -n 's#.*http://[0-9.]*:\([0-9]*\)/.*#\1#p' "$work/log")
    [ -n "$port" ] && break
    sleep 0.1
done
# The vectors of all questions are made once, after the import: what is measured is a server at work.
last=-1
while now=$(curl -s --unix-socket "$work/data/socket" http://localhost/metrics | sed -n 's/^xz_question_vectors //p') &&
    [ "$now" != "$last" ]; do
    last=$now
    sleep 5
done
export QUESTIONS=$work/questions
wrk -t1 -c64 -d2 -s "$root/bench/ask.lua" "http://127.0.0.1:$port" >/dev/null
wrk -t1 -c64 -d"$seconds" --latency -s "$root/bench/ask.lua" "http://127.0.0.1:$port"
grep VmRSS "/proc/$server/status"
