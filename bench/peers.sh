#!/usr/bin/env bash
# Search beside Tantivy, Xapian and SQLite FTS5 on the same terms, in one run (see bench/peers/run).
exec "$(dirname "$0")/peers/run" "$@"
