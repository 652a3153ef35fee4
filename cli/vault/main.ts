// `skald vault setup`: what Skald needs in Vault, made by an administrator, once and after each change.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { VaultError } from '../../src/vault/index.ts';
import { HttpTransport } from '../../src/vault/transport.ts';
import { Admin } from './admin.ts';
import { type Result, SetupConflict, setUp } from './apply.ts';
import { adminToken, type Surroundings } from './credentials.ts';
import { type SetupFlags, setupOptions, UsageError } from './options.ts';
import { line, script, summary } from './print.ts';

export interface VaultSetupFlags extends SetupFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly caFile?: string;
  readonly tokenFile?: string;
  readonly print?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What the outside is; tests bring their own. */
export interface Terminal extends Surroundings {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Exit codes. */
export const DONE = 0;
export const FAILED = 1;
export const UNUSABLE = 2;
/** Of a dry run. */
export const WOULD_CHANGE = 3;

export async function vaultSetupMain(
  flags: VaultSetupFlags,
  signal?: AbortSignal,
  terminal: Terminal = realTerminal(),
): Promise<number> {
  const results: Result[] = [];
  const { dryRun = false, json = false } = flags;
  try {
    const options = await setupOptions(flags, terminal.readFile);
    if (flags.print) {
      terminal.stdout(script(options));
      return DONE;
    }
    const { env } = terminal;
    const transport = new HttpTransport({
      address: flags.address ?? env.VAULT_ADDR ?? missingAddress(),
      namespace: flags.namespace ?? (env.VAULT_NAMESPACE || undefined),
      caFile: flags.caFile ?? (env.VAULT_CACERT || undefined),
    });
    try {
      const admin = new Admin(transport, await adminToken(flags.tokenFile, terminal), signal);
      await setUp(admin, options, dryRun, (result) => {
        results.push(result);
        if (!json) terminal.stdout(line(result));
      });
    } finally {
      transport.close();
    }
    const changes = results.some(({ outcome }) => outcome !== 'unchanged');
    terminal.stdout(json ? `${JSON.stringify({ dryRun, objects: results })}\n` : summary(results, dryRun));
    return dryRun && changes ? WOULD_CHANGE : DONE;
  } catch (error) {
    if (signal?.aborted) throw error;
    const code = exitCode(error);
    const text = error instanceof Error ? error.message : String(error);
    if (json) terminal.stdout(`${JSON.stringify({ dryRun, objects: results, error: text })}\n`);
    for (const problem of text.split('\n')) terminal.stderr(`skald: ${problem}\n`);
    return code;
  }
}

function exitCode(error: unknown): number {
  if (error instanceof UsageError) return UNUSABLE;
  if (error instanceof VaultError || error instanceof SetupConflict) return FAILED;
  throw error;
}

function missingAddress(): never {
  throw new UsageError('No address: set VAULT_ADDR or give --address');
}

function realTerminal(): Terminal {
  return {
    env: process.env,
    home: homedir(),
    readFile: (path) => readFile(path, 'utf8'),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
  };
}
