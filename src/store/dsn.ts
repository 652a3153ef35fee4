// Database URLs. They hold a password, so nothing here puts one into an error.
import { StoreError } from './store-error.ts';

/** Schema of what all tenants share: the gateways' tables. */
export const SHARED_SCHEMA = 'skald';

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
