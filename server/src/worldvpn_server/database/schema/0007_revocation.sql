-- What no longer holds before its time: sign-ins and accounts. Tied to no other table, so that
-- tokens of a deleted account stay refused for as long as they would have lived.

CREATE TABLE revocation (
    subject uuid PRIMARY KEY,            -- a sign-in or an account
    until timestamptz NOT NULL,          -- no token of it is older then
    position bigint NOT NULL DEFAULT tx_position()
);
CREATE INDEX revocation_position ON revocation (position);
CREATE INDEX revocation_until ON revocation (until);

GRANT SELECT, INSERT, UPDATE, DELETE ON revocation TO worldvpn_server;
