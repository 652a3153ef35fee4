// Database URLs. They hold a password, so nothing here puts one into an error.
import { StoreError } from './store-error.ts';

/** Schema of what all tenants share: the gateways' tables, and which schema is which tenant's. */
export const SHARED_SCHEMA = 'skald';

/** A DSN, or where to find the one of now: asked for each new connection, so that a changed password is followed. */
export type DatabaseUrl = string | (() => string);

/** @throws {StoreError} when it cannot be read now */
export function urlNow(url: DatabaseUrl): string {
  return (typeof url === 'string' ? url : url()).trim();
}

/** The same server, database and parameters for another role; what is the first role's alone is left out. */
export function urlForRole(baseUrl: string, role: string, password: string): string {
  const url = parseDatabaseUrl(baseUrl);
  url.username = encodeURIComponent(role);
  url.password = encodeURIComponent(password);
  for (const name of ['user', 'password', 'options', 'sslcert', 'sslkey', 'passfile']) {
    url.searchParams.delete(name);
  }
  return url.href;
}

/** Role and password of a DSN; undefined when it has none. */
export function roleOfUrl(text: string): { readonly role: string; readonly password: string } | undefined {
  const { username, password } = parseDatabaseUrl(text);
  return username === '' ? undefined : { role: decode(username), password: decode(password) };
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * The same database with `search_path` set to this schema alone, for one tenant's workers. Other `options` stay.
 * @throws {StoreError} when it is no PostgreSQL URL, or the schema's name could not be used unquoted.
 */
export function tenantDatabaseUrl(baseUrl: string, schema: string): string {
  if (!SCHEMA.test(schema)) {
    throw new StoreError(`Not the name of a schema: ${JSON.stringify(schema)}.`);
  }
  const url = parseDatabaseUrl(baseUrl);
  const others = (url.searchParams.get('options') ?? '')
    .replace(/(?:^|\s)(?:-c\s*|--)search_path=\S*/g, '')
    .trim();
  url.searchParams.delete('options');
  // encodeURIComponent and not searchParams: libpq does not read `+` as a space.
  const options = encodeURIComponent([others, `-c search_path=${schema}`].filter(Boolean).join(' '));
  const query = url.search === '' ? `?options=${options}` : `${url.search}&options=${options}`;
  url.search = '';
  const hash = url.hash;
  url.hash = '';
  return `${url.href}${query}${hash}`;
}

/** @throws {StoreError} that says what is wrong and repeats nothing of the URL. */
export function parseDatabaseUrl(text: string): URL {
  const url = URL.parse(text.trim());
  if (url === null) {
    throw new StoreError(
      'The database URL cannot be read. It looks like postgres://user:password@host:5432/database; ' +
        'characters such as / ? # @ in the password are percent-encoded.',
    );
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw new StoreError('The database URL must begin with postgres:// or postgresql://.');
  }
  return url;
}

/** Host, port and database, for messages: `db.example:5432/skald`. */
export function describeDatabase(text: string): string {
  const url = parseDatabaseUrl(text);
  return `${url.hostname === '' ? 'localhost' : url.hostname}:${url.port === '' ? '5432' : url.port}${url.pathname}`;
}

/** The text without the URL's password, in whichever encoding it occurs. */
export function withoutPassword(text: string, databaseUrl: string): string {
  const password = URL.parse(databaseUrl.trim())?.password ?? '';
  if (password === '') return text;
  return [password, decode(password)].reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
