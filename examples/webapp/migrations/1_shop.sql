-- For SQLite and PostgreSQL alike: texts, and 64-bit numbers. Times are Unix seconds.

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    sub TEXT NOT NULL UNIQUE,
    name TEXT,
    birthdate TEXT,
    address TEXT,
    -- Where messages go. Never changed by a login: codes are sent there.
    email TEXT,
    -- Counts up when all sessions end.
    generation BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE receipt (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    claims TEXT NOT NULL,
    evidence TEXT NOT NULL
);

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_expires_at ON session (expires_at);

-- A new itsme account that waits for the code which was sent to the account's address.
CREATE TABLE link (
    account TEXT PRIMARY KEY REFERENCES account (id),
    id TEXT NOT NULL,
    sub TEXT NOT NULL,
    name TEXT,
    code TEXT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL
);

-- Stands in for mail.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_at BIGINT NOT NULL
);

CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    event TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX audit_account ON audit (account, at);

-- Logins under way and QR tickets: any instance goes on with them.
CREATE TABLE kept (
    id TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX kept_expires_at ON kept (expires_at);
