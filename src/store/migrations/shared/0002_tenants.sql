-- Up Migration

-- Roles belong to the whole server, not to one database: their names and their marks begin with this.
CREATE TABLE installation (
  id        text PRIMARY KEY DEFAULT substr(encode(sha256(gen_random_uuid()::text::bytea), 'hex'), 1, 16),
  singleton boolean NOT NULL DEFAULT true UNIQUE CHECK (singleton)
);
INSERT INTO installation DEFAULT VALUES;

-- Which schema is whose. PostgreSQL shows the names of schemas and roles to every role, so they are random: only who
-- can read this table knows which Tenant is behind one. It travels with the data in a backup.
CREATE TABLE tenants (
  name        text PRIMARY KEY,
  schema_name text NOT NULL UNIQUE,
  -- Stem of the names of its roles.
  role_stem   text NOT NULL UNIQUE,
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- Which of two alternating roles was given a password last; asked when the Secret with that password is lost.
CREATE TABLE credentials (
  role_stem text PRIMARY KEY,
  login     text NOT NULL CHECK (login IN ('a', 'b')),
  issued_at timestamptz NOT NULL DEFAULT now()
);

-- What a gateway's role may see of gateway_sessions: one application's rows, or all (NULL).
CREATE TABLE gateway_roles (
  role_name      text PRIMARY KEY,
  application_id text
);
ALTER TABLE gateway_roles ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON gateway_roles FOR SELECT USING (role_name = current_user);

ALTER TABLE gateway_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON gateway_sessions USING (
  EXISTS (
    SELECT FROM gateway_roles AS own
    WHERE own.role_name = current_user
      AND (own.application_id IS NULL OR own.application_id = gateway_sessions.application_id)
  )
);

-- Down Migration

DROP POLICY own_rows ON gateway_sessions;
ALTER TABLE gateway_sessions DISABLE ROW LEVEL SECURITY;
DROP TABLE gateway_roles;
DROP TABLE credentials;
DROP TABLE tenants;
DROP TABLE installation;
