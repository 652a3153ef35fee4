import { expect, test } from 'vitest';
import { describeDatabase, parseDatabaseUrl, tenantDatabaseUrl, withoutPassword } from './dsn.ts';

const base = 'postgres://skald:s3cr%2Ft@db.example:5433/skald';

test("a tenant's URL sets the search_path and keeps everything else", () => {
  expect(tenantDatabaseUrl(base, 'tenant_demo')).toBe(`${base}?options=-c%20search_path%3Dtenant_demo`);
  const url = new URL(
    tenantDatabaseUrl(`${base}?sslmode=require&options=-c%20timezone%3DUTC`, 'tenant_demo'),
  );
  expect(url.searchParams.get('sslmode')).toBe('require');
  expect(url.searchParams.get('options')).toBe('-c timezone=UTC -c search_path=tenant_demo');
});

test('another search_path is replaced, however it is written', () => {
  for (const before of ['-c search_path=a', '-csearch_path=a', '--search_path=a']) {
    const url = new URL(tenantDatabaseUrl(`${base}?options=${encodeURIComponent(before)}`, 'b'));
    expect(url.searchParams.get('options')).toBe('-c search_path=b');
  }
});

test.each(['', 'Demo', 'a b', 'a;b', 'a"b', '1a', 'x'.repeat(64)])('%j is not a schema', (schema) => {
  expect(() => tenantDatabaseUrl(base, schema)).toThrow(/name of a schema/);
});

test.each(['not a url s3cret', 'mysql://u:s3cret@h/db', 'postgres://u:s3cret@h:port/db'])(
  'a URL that cannot be used is refused without repeating it',
  (url) => {
    const thrown = catchError(() => parseDatabaseUrl(url));
    expect(`${thrown.message} ${thrown.stack} ${String(thrown.cause)}`).not.toContain('s3cret');
  },
);

test('a database is described by host, port and name', () => {
  expect(describeDatabase(base)).toBe('db.example:5433/skald');
  expect(describeDatabase('postgresql://db.example/skald')).toBe('db.example:5432/skald');
});

test('the password is removed from texts, encoded and decoded', () => {
  expect(withoutPassword('user skald:s3cr%2Ft or s3cr/t', base)).toBe('user skald:*** or ***');
});

function catchError(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
