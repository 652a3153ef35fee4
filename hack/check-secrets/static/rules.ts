/**
 * Which code may touch the bot token: the gateway, the step of the operator that encrypts it in place, and `skald doctor`,
 * with the rights of whoever runs it. Everything else
 * neither names the Secret, nor imports what reads it, nor asks Vault to decrypt.
 */
import type { SourceFile } from './source.ts';

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** Where the token may be in the clear. */
const ROOMS = ['gateway/', 'controller/tenant/token/', 'cli/doctor/'];
/** What others may import of the rooms: it starts something and returns no token, or it is data that never held one. */
const DOORS = [
  'controller/tenant/token/controller.ts',
  'cli/doctor/command.ts',
  // The slash commands, as Discord is told of them.
  'gateway/commands/registry.ts',
];
const SECRET_NAME = 'skald-bot-token';
const SECRET_CONSTANT = 'BOT_TOKEN_SECRET';

/** Files that know the Secret's name and not what is in it. */
const NAME_ONLY = new Map([
  ['src/api/index.ts', 'gives the name'],
  ['src/admission/providers.ts', 'refuses it as an API key'],
  ['src/validation/generated/definitions.ts', "the CRD's rule on the name"],
]);

/** What handles Transit without decrypting: it gives it to whom it belongs, or sets it up. */
const TRANSIT = [
  'src/vault/',
  'cli/vault/',
  'controller/operator.ts',
  'controller/main.ts',
  'controller/vault.ts',
];

/** Files that may read Secrets at all, and which. A new one is looked at by a person before it is added. */
const SECRET_READERS: readonly (readonly [prefix: string, which: string])[] = [
  ['cli/doctor/', "the token, and whether the authority's is there, with the caller's rights"],
  ['cli/transcript/', "a DSN, with the caller's rights"],
  ['controller/certificates/', 'authorities and certificates, by name'],
  ['controller/campaign/', 'whether a provider key is there'],
  ['controller/provider-keys/', 'provider keys out of Vault'],
  ['controller/tenant/database/', 'DSNs, by name'],
  ['controller/tenant/dedicated/', 'certificates and DSN of a tenant’s gateway, by name'],
  ['controller/tenant/token/', 'the token'],
  ['controller/voicesession/', 'session Secrets, by label'],
  ['controller/warm/', 'Secrets of warm workers, by label'],
  ['controller/operator.ts', 'caches of those above'],
  ['controller/caches.ts', 'caches of those above'],
  ['gateway/tenants/', 'the token, by name'],
  ['src/kube/', 'the resource itself'],
];

/** What a worker must not have in it, not even by way of another module. */
const NOT_IN_WORKERS = ['src/vault/', 'src/kube/', 'src/pki/', 'gateway/', 'controller/', 'cli/'];

export function violations(files: readonly SourceFile[]): Violation[] {
  const all = [...files.flatMap((file) => ofFile(file)), ...inWorkers(files)];
  return all.sort((one, other) => one.path.localeCompare(other.path) || one.line - other.line);
}

function ofFile(file: SourceFile): Violation[] {
  const { path } = file;
  const found: Violation[] = [];
  const say = (rule: string, line: number, message: string): void =>
    void found.push({ path, line, rule, message });
  const inRoom = startsWithAny(path, ROOMS);
  const mayDecrypt = path.startsWith('gateway/') || path.startsWith('src/vault/');

  if (!inRoom && !NAME_ONLY.has(path)) {
    const constant = file.names.get(SECRET_CONSTANT);
    if (constant !== undefined)
      say('token-secret', constant, `names the Secret of the bot token (${SECRET_CONSTANT})`);
    for (const { text, line } of file.texts)
      if (text === SECRET_NAME)
        say('token-secret', line, `names the Secret of the bot token ('${SECRET_NAME}')`);
  }
  for (const { from, names, typeOnly, line } of file.imports) {
    if (from === '(computed)') say('computed-import', line, 'imports what cannot be known beforehand');
    const room = ROOMS.find((prefix) => from.startsWith(prefix) && !path.startsWith(prefix));
    const program = path.startsWith('cli/') && from === 'gateway/main.ts';
    if (room !== undefined && !DOORS.includes(from) && !program && !typeOnly)
      say('token-module', line, `imports ${from}, which may hold a bot token`);
    const touchesTransit =
      from.startsWith('src/vault/') && (names.includes('Transit') || names.includes('*'));
    if (touchesTransit && !typeOnly && !inRoom && !startsWithAny(path, TRANSIT))
      say('transit', line, "imports Vault's Transit");
    const readsSecrets = from.startsWith('src/kube/') && names.includes('secrets');
    if (readsSecrets && !SECRET_READERS.some(([prefix]) => path.startsWith(prefix)))
      say('secret-reader', line, 'reads Secrets, and is not among those that may');
    if (from.startsWith('src/kube/') && names.includes('*') && !path.startsWith('src/kube/'))
      say('secret-reader', line, 'imports all of the Kubernetes client: say which names');
  }
  if (!mayDecrypt && (inRoom || file.imports.some(({ from }) => from.startsWith('src/vault/')))) {
    for (const { text, line } of file.calls)
      if (text === 'decrypt') say('decrypt', line, 'asks Vault to decrypt: only a gateway may');
  }
  return found;
}

/** Over the imports of imports: what is bundled into the worker. */
function inWorkers(files: readonly SourceFile[]): Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Map<string, string>();
  const queue = files.filter(({ path }) => path.startsWith('worker/')).map(({ path }) => path);
  const found: Violation[] = [];
  for (const path of queue) reached.set(path, path);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const { from, typeOnly, line } of byPath.get(path)?.imports ?? []) {
      if (typeOnly || reached.has(from)) continue;
      const chain = `${reached.get(path)} → ${from}`;
      reached.set(from, chain);
      if (startsWithAny(from, NOT_IN_WORKERS)) {
        found.push({ path, line, rule: 'worker-graph', message: `a worker would carry ${from}: ${chain}` });
      } else if (byPath.has(from)) queue.push(from);
    }
  }
  return found;
}

function startsWithAny(path: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => path.startsWith(prefix));
}
