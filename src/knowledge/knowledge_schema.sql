-- migration 1: site, regions, departments
CREATE TABLE site_value (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE region (
    code BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    parent BIGINT NOT NULL,
    level TEXT NOT NULL
);
CREATE TABLE department (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    short_name TEXT NOT NULL,
    region BIGINT NOT NULL,
    phone TEXT NOT NULL,
    address TEXT NOT NULL,
    hours TEXT NOT NULL,
    duties TEXT NOT NULL
);
CREATE INDEX department_name ON department (name);

-- migration 2: entries, clauses, question variants
CREATE TABLE knowledge_entry (
    id INTEGER PRIMARY KEY,
    kind BIGINT NOT NULL,
    status BIGINT NOT NULL,
    visibility BIGINT NOT NULL,
    version BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    source TEXT NOT NULL UNIQUE,
    content_hash TEXT NOT NULL,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    number TEXT NOT NULL,
    code TEXT NOT NULL,
    aliases TEXT NOT NULL,
    issuer TEXT NOT NULL,
    department TEXT NOT NULL,
    topic TEXT NOT NULL,
    basis TEXT NOT NULL,
    related TEXT NOT NULL,
    replaces TEXT NOT NULL,
    region BIGINT NOT NULL,
    issued_on BIGINT NOT NULL,
    effective_on BIGINT NOT NULL,
    expires_on BIGINT NOT NULL,
    superseded_by BIGINT NOT NULL,
    superseded_on BIGINT NOT NULL,
    family BIGINT NOT NULL,
    clause_count BIGINT NOT NULL,
    change_number BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX knowledge_entry_change ON knowledge_entry (change_number);
CREATE INDEX knowledge_entry_family ON knowledge_entry (family);
CREATE INDEX knowledge_entry_title ON knowledge_entry (title_key);
CREATE INDEX knowledge_entry_number ON knowledge_entry (number);
CREATE INDEX knowledge_entry_code ON knowledge_entry (code);
CREATE INDEX knowledge_entry_hash ON knowledge_entry (content_hash);
CREATE INDEX knowledge_entry_replaces ON knowledge_entry (replaces);
CREATE TABLE clause (
    id INTEGER PRIMARY KEY,
    entry BIGINT NOT NULL REFERENCES knowledge_entry (id),
    ordinal BIGINT NOT NULL,
    since_version BIGINT NOT NULL,
    retired_version BIGINT NOT NULL,
    label TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX clause_entry ON clause (entry, retired_version, ordinal);
CREATE TABLE question_variant (
    id INTEGER PRIMARY KEY,
    entry BIGINT NOT NULL REFERENCES knowledge_entry (id),
    ordinal BIGINT NOT NULL,
    question TEXT NOT NULL,
    question_hash BIGINT NOT NULL
);
CREATE INDEX question_variant_hash ON question_variant (question_hash);
CREATE INDEX question_variant_entry ON question_variant (entry, ordinal);

-- migration 3: imports
CREATE TABLE import_file (
    source TEXT NOT NULL PRIMARY KEY,
    content_hash TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    entries BIGINT NOT NULL,
    clauses BIGINT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX import_file_hash ON import_file (content_hash);
CREATE TABLE user_word (
    word TEXT NOT NULL PRIMARY KEY,
    added_ms BIGINT NOT NULL
);

-- migration 4: a paper may replace several others, each found by number or title key
CREATE TABLE entry_replaces (
    entry BIGINT NOT NULL REFERENCES knowledge_entry (id),
    name TEXT NOT NULL,
    PRIMARY KEY (entry, name)
);
CREATE INDEX entry_replaces_name ON entry_replaces (name);
INSERT INTO entry_replaces (entry, name)
    SELECT id, replaces FROM knowledge_entry WHERE replaces <> '';
DROP INDEX knowledge_entry_replaces;

-- migration 5: halls and the places on their floors, notices, what the operator has withdrawn
CREATE TABLE hall (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    change_number BIGINT NOT NULL,
    name TEXT NOT NULL,
    region BIGINT NOT NULL,
    level TEXT NOT NULL,
    address TEXT NOT NULL,
    phone TEXT NOT NULL,
    hours TEXT NOT NULL,
    traffic TEXT NOT NULL,
    access TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX hall_source ON hall (source);
CREATE TABLE hall_place (
    id INTEGER PRIMARY KEY,
    hall_code TEXT NOT NULL,
    source TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind BIGINT NOT NULL,
    from_left BIGINT NOT NULL,
    from_top BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX hall_place_hall ON hall_place (hall_code, floor, ordinal);
CREATE INDEX hall_place_source ON hall_place (source);
CREATE TABLE hall_place_item (
    place BIGINT NOT NULL REFERENCES hall_place (id),
    ordinal BIGINT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (place, ordinal)
);
CREATE INDEX hall_place_item_code ON hall_place_item (code);
CREATE TABLE notice (
    entry BIGINT NOT NULL PRIMARY KEY REFERENCES knowledge_entry (id),
    level BIGINT NOT NULL,
    issued_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    phone TEXT NOT NULL
);
CREATE INDEX notice_expires ON notice (expires_ms);
CREATE TABLE entry_withdrawn (
    entry BIGINT NOT NULL PRIMARY KEY REFERENCES knowledge_entry (id),
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL
);

-- migration 6: questions that look like an entry's and are not answered by it
ALTER TABLE question_variant ADD COLUMN counter BIGINT NOT NULL DEFAULT 0;

-- migration 7: where in a paged file a clause stands, and how well it was recognised
ALTER TABLE clause ADD COLUMN page BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clause ADD COLUMN box_left BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clause ADD COLUMN box_top BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clause ADD COLUMN box_right BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clause ADD COLUMN box_bottom BIGINT NOT NULL DEFAULT 0;
ALTER TABLE clause ADD COLUMN confidence BIGINT NOT NULL DEFAULT 0;
