/* Every metric, one row each. Names follow Prometheus: unit last, _total for counters. */
#ifndef XZ_CORE_METRIC_ROWS_H
#define XZ_CORE_METRIC_ROWS_H

/* id, name, kind (COUNTER | GAUGE | HISTOGRAM in seconds), help */
#define XZ_METRIC_ROWS(ROW)                                                                        \
    ROW(HTTP_REQUESTS, "xz_http_requests_total", COUNTER, "requests answered")                     \
    ROW(HTTP_ERRORS, "xz_http_errors_total", COUNTER, "requests answered with 5xx")                \
    ROW(HTTP_REFUSED, "xz_http_refused_total", COUNTER, "connections refused as malformed")        \
    ROW(HTTP_SECONDS, "xz_http_request_duration_seconds", HISTOGRAM, "time to the last byte")      \
    ROW(CONNECTIONS, "xz_http_connections", GAUGE, "open connections")                             \
    ROW(STREAMS, "xz_http_streams", GAUGE, "open event streams")                                   \
    ROW(WRITES, "xz_store_writes_total", COUNTER, "changes made durable")                          \
    ROW(COMMITS, "xz_store_commits_total", COUNTER, "commits, each for a batch of changes")        \
    ROW(COMMIT_SECONDS, "xz_store_commit_duration_seconds", HISTOGRAM, "time of one batch")        \
    ROW(SEARCHES, "xz_search_queries_total", COUNTER, "searches")                                  \
    ROW(SEARCH_SECONDS, "xz_search_duration_seconds", HISTOGRAM, "time of one search")             \
    ROW(INDEX_DOCS, "xz_search_documents", GAUGE, "passages in the index")                         \
    ROW(INDEX_SEGMENTS, "xz_search_segments", GAUGE, "segments of the index")                      \
    ROW(IMPORT_FILES, "xz_import_files_total", COUNTER, "files imported")                          \
    ROW(IMPORT_REFUSED, "xz_import_refused_total", COUNTER, "files refused")                       \
    ROW(VECTORS, "xz_question_vectors", GAUGE, "questions held as vectors")                        \
    ROW(MEMORY, "xz_memory_bytes", GAUGE, "memory of the server")                                  \
    ROW(DATA_FREE, "xz_data_free_bytes", GAUGE, "room on the disk of the data folder")             \
    ROW(BACKUP_TIME, "xz_backup_timestamp_seconds", GAUGE, "when the newest backup was made")      \
    ROW(ASK_REVIEWED, "xz_ask_reviewed_total", COUNTER, "questions answered by a reviewed answer") \
    ROW(ASK_QUOTED, "xz_ask_quoted_total", COUNTER, "questions answered by quoted clauses")        \
    ROW(ASK_CLARIFY, "xz_ask_clarify_total", COUNTER, "questions answered by a question back")     \
    ROW(ASK_NOTICE, "xz_ask_notice_total", COUNTER, "questions answered by a notice in force")     \
    ROW(ASK_REFUSED, "xz_ask_refused_total", COUNTER, "questions without a basis")

#endif
