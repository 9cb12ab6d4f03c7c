-- When a node is to be checked again: new and changed ones are found by their reason.

CREATE TABLE reach_due (
    node uuid PRIMARY KEY REFERENCES node ON DELETE CASCADE,
    due_at timestamptz NOT NULL
);
CREATE INDEX reach_due_at ON reach_due (due_at);
CREATE INDEX node_not_checked ON node (id) WHERE reach_reason = 'not-checked' AND device IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON reach_due TO worldvpn_server;
