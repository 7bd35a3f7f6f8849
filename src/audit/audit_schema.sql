-- migration 1: the trail
CREATE TABLE audit_record (
    id INTEGER PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BIGINT NOT NULL,
    event TEXT NOT NULL,
    object BIGINT NOT NULL,
    detail TEXT NOT NULL
);
