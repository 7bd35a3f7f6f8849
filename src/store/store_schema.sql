-- Tables of the store itself: which migrations ran, where ids stand, how many changes there were.

-- migration 1: migrations, id blocks and the state of the data
CREATE TABLE schema_migration (
    domain TEXT NOT NULL,
    number BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at_ms BIGINT NOT NULL,
    program_version TEXT NOT NULL,
    PRIMARY KEY (domain, number)
);
CREATE TABLE sequence (
    name TEXT NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
);
-- One row, id 1. data_id names these data: made with the folder and made anew by a restore.
-- failed_commits counts repairs after a commit that failed.
CREATE TABLE store_state (
    id INTEGER PRIMARY KEY,
    data_id TEXT NOT NULL,
    change_number BIGINT NOT NULL,
    failed_commits BIGINT NOT NULL
);
