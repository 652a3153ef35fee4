import { afterEach, expect, test, vi } from 'vitest';
import { exitCodes } from '../api/exit-codes.ts';
import { migrateMain } from './migrate-main.ts';

afterEach(() => vi.restoreAllMocks());

async function run(env: Readonly<Record<string, string>>, tenants: readonly string[] = []) {
  const errors: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => errors.push(String(text)) > 0);
  const signal = new AbortController().signal;
  const code = await migrateMain({ tenants, dryRun: false, signal, env, print: () => {} });
  return { code, said: errors.join('') };
}

test('without a database it names the two variables and ends as a configuration error', async () => {
  const { code, said } = await run({});
  expect(code).toBe(exitCodes.ConfigurationError);
  expect(said).toContain('SKALD_DATABASE_URL_FILE or SKALD_DATABASE_URL must name the database');
});

test('every name that no Tenant can have is reported before anything is done', async () => {
  const { code, said } = await run({ SKALD_DATABASE_URL: 'postgres://h/d' }, ['fine', 'Not_Fine', 'a.b']);
  expect(code).toBe(exitCodes.ConfigurationError);
  expect(said).toContain('--tenant "Not_Fine"');
  expect(said).toContain('--tenant "a.b"');
  expect(said).not.toContain('"fine"');
});

test('a file that is missing is a configuration error', async () => {
  const { code, said } = await run({ SKALD_DATABASE_URL_FILE: '/nonexistent/url' });
  expect(code).toBe(exitCodes.ConfigurationError);
  expect(said).toContain('/nonexistent/url');
});

test('a URL that cannot be read is not repeated', async () => {
  const { code, said } = await run({ SKALD_DATABASE_URL: 'hunter22 is my password' });
  expect(code).toBe(1);
  expect(said).toMatch(/database URL cannot be read/);
  expect(said).not.toContain('hunter22');
});
