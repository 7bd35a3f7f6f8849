-- migration 1: turns of dialogues, their evidence, feedback
CREATE TABLE turn (
    id INTEGER PRIMARY KEY,
    dialogue TEXT NOT NULL,
    number BIGINT NOT NULL,
    asked_ms BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    question TEXT NOT NULL,
    understood TEXT NOT NULL,
    region BIGINT NOT NULL,
    valid_on BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    confidence_permille BIGINT NOT NULL,
    matched TEXT NOT NULL,
    lead TEXT NOT NULL,
    options TEXT NOT NULL,
    focus BIGINT NOT NULL
);
CREATE INDEX turn_dialogue ON turn (dialogue, number);
CREATE TABLE evidence (
    turn BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    version BIGINT NOT NULL,
    clause BIGINT NOT NULL,
    PRIMARY KEY (turn, ordinal)
);
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    turn BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    useful BIGINT NOT NULL,
    remark TEXT NOT NULL
);
CREATE INDEX feedback_turn ON feedback (turn);

-- migration 2: questions (kind 0) and answers (kind 1) as vectors, each made once for a wording
CREATE TABLE text_vector (
    kind BIGINT NOT NULL,
    text_hash BIGINT NOT NULL,
    model BIGINT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (kind, text_hash)
);

-- migration 3: complaints
CREATE TABLE complaint (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    day BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    turn BIGINT NOT NULL,
    body TEXT NOT NULL,
    contact TEXT NOT NULL
);
CREATE INDEX complaint_day ON complaint (day);
