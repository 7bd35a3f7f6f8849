/* Every log event and key, one row each. */
#ifndef XZ_CORE_LOG_KEYS_H
#define XZ_CORE_LOG_KEYS_H

/* id, name, level, meaning */
#define XZ_LOG_EVENTS(ROW)                                                                         \
    ROW(START, "app.start", INFO, "the server is starting")                                        \
    ROW(READY, "app.ready", INFO, "the server answers")                                            \
    ROW(STOP, "app.stop", INFO, "the server is stopping")                                          \
    ROW(NET_LISTENING, "net.listening", INFO, "the server listens")                                \
    ROW(REQUEST, "net.request", DEBUG, "a request was answered")                                   \
    ROW(REQUEST_FAILED, "net.request_failed", WARN, "a request ended with an error")               \
    ROW(REFUSED, "net.refused", INFO, "bytes that are not an acceptable request")                  \
    ROW(MIGRATED, "store.migrated", INFO, "a migration was applied")                               \
    ROW(STORE_FAILED, "store.failed", ERROR, "the database reported an error")                     \
    ROW(BACKUP, "store.backup", INFO, "a backup was written")                                      \
    ROW(INDEX_REBUILT, "search.rebuilt", WARN, "the index was missing or damaged and was rebuilt") \
    ROW(INDEX_MERGED, "search.merged", DEBUG, "segments were merged")                              \
    ROW(INDEX_FAILED, "search.failed", ERROR, "the index could not be read or written")            \
    ROW(IMPORTED, "knowledge.imported", DEBUG, "a file was imported")                              \
    ROW(IMPORT_REFUSED, "knowledge.import_refused", WARN, "a file was refused")                    \
    ROW(VECTORS_LATER, "qa.vectors_later", WARN, "vectors of questions could not be made now")     \
    ROW(NO_ENCODER, "qa.no_encoder", WARN, "questions are matched by words alone")                 \
    ROW(PARSER_DIED, "doc.parser_died", WARN, "xz-parse crashed or was killed")

/* id, name, personal (keep | drop | hash), meaning */
#define XZ_LOG_KEYS(ROW)                                                                           \
    ROW(REQ, "req", KEEP, "request number")                                                        \
    ROW(METHOD, "method", KEEP, "HTTP method")                                                     \
    ROW(ROUTE, "route", KEEP, "route pattern, never the raw path")                                 \
    ROW(STATUS, "status", KEEP, "HTTP status")                                                     \
    ROW(MS, "ms", KEEP, "duration in milliseconds")                                                \
    ROW(US, "us", KEEP, "duration in microseconds")                                                \
    ROW(ERR, "err", KEEP, "error kind")                                                            \
    ROW(DETAIL, "detail", KEEP, "what went wrong, in words")                                       \
    ROW(ADDRESS, "address", KEEP, "where the server listens")                                      \
    ROW(CLIENT, "client", HASH, "address of the client")                                           \
    ROW(PORT, "port", KEEP, "TCP port")                                                            \
    ROW(PATH, "path", KEEP, "a file or folder of the installation")                                \
    ROW(COUNT, "count", KEEP, "how many")                                                          \
    ROW(BYTES, "bytes", KEEP, "size")                                                              \
    ROW(NAME, "name", KEEP, "name of a component, migration or metric")                            \
    ROW(ENTRY, "entry", KEEP, "id of a knowledge entry")                                           \
    ROW(SIGNAL, "signal", KEEP, "number of a signal")                                              \
    ROW(VERSION, "version", KEEP, "version of the program or schema")                              \
    ROW(QUESTION, "question", DROP, "a citizen's words")                                           \
    ROW(PHONE, "phone", HASH, "a phone number")

#endif
