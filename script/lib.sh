# Shared by the programs in script/; sourced, never run. Sets `root` and goes there.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$0: $*"
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Debian's own Python comes first: it is the one with the packages that script/bootstrap installs.
python=/usr/bin/python3
[ -x "$python" ] || python=python3

# What the header of a script says between its first line and its first blank line.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# Runs a command quietly; its output is shown only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# One hash over the contents of files named on stdin (one per line), and their names.
hash_of_files() { LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }
