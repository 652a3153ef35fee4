// `npm run check:secrets`: nobody but the gateway touches the bot token, and no secret is anywhere but where it must be.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { SearchResult } from './dynamic/search.ts';
import { summaryOf } from './dynamic/search.ts';
import { checkStatically } from './static/check.ts';

const help = `Usage: npm run check:secrets [-- --static] [-- --json]

Looks at the code: the bot token is touched by gateway/ and the operator's encrypt-in-place step only. Then drives a whole
session on a real node (a local cluster is started when none runs) and looks for every secret that is in the cluster, in
five encodings, in logs, Events, objects and their statuses, process arguments and environments, metrics, termination
messages, the database and its log. The last line says what was searched and what was found.

  --static   the code only: seconds, no cluster
  --json     one JSON object instead of text
  --help     this text

Exit status: 0 nothing found, 1 something found, 2 it could not be looked for.
`;

const RESULT = 'dist/test/check-secrets.json';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      static: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const say = (line: string): void => {
    if (values.json !== true) process.stdout.write(`${line}\n`);
  };
  const code = await checkStatically();
  for (const { path, line, rule, message } of code.violations) say(`${path}:${line}: ${rule}: ${message}`);
  say(`check:secrets: ${code.files} files, ${code.imports} imports, ${code.violations.length} violations`);
  const cluster = values.static === true ? undefined : await searchRunning(values.json === true);
  for (const { place, name, what, encoding } of cluster?.hits ?? [])
    say(`${place}: ${name}: ${what} (${encoding})`);
  if (cluster !== undefined) say(summaryOf(cluster));
  if (values.json === true) process.stdout.write(`${JSON.stringify({ code, cluster })}\n`);
  return code.violations.length + (cluster?.hits.length ?? 0) === 0 ? 0 : 1;
}

/** The session is the e2e test's, which also brings the cluster up. @throws when it came to no result */
async function searchRunning(quiet: boolean): Promise<SearchResult> {
  await mkdir('dist/test', { recursive: true });
  await rm(RESULT, { force: true });
  const child = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'e2e', 'test/e2e/secrets.test.ts'],
    {
      stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
      env: { ...process.env, SKALD_SECRETS_RESULT: RESULT },
    },
  );
  await once(child, 'exit');
  const text = await readFile(RESULT, 'utf8').catch((cause: unknown) => {
    throw new Error('the session was not played to its end; see above', { cause });
  });
  const result: SearchResult = JSON.parse(text);
  return result;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`check:secrets: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
