// Keeps, of an audit log, which rights the identities of the installation have used, for `npm test`'s stage `rights`.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../process/run.ts';
import { ensureTools } from '../tools/index.ts';
import { type Request, readAudit, requestOf } from './audit.ts';
import { IDENTITIES } from './golden.ts';
import { CHART_VALUES, installation, NAMESPACES, SYSTEM } from './installation.ts';
import { type Grant, grantsOf, type RbacObject } from './model.ts';
import { grantFor, grantText } from './usage.ts';

export const RECORD = 'dist/test/rights.json';

export interface Record {
  /** Grants that allowed something, as text. */
  readonly used: readonly string[];
  readonly requests: number;
}

/** What the chart of this tree installs, and its operator adds. */
export async function installedRights(): Promise<RbacObject[]> {
  const { helm } = await ensureTools(['helm'], (message) => console.error(message));
  const chart = fileURLToPath(new URL('../../helm/skald', import.meta.url));
  const values = CHART_VALUES.flatMap((value) => ['--set', value]);
  return installation(
    await run(helm, [
      'template',
      'skald',
      chart,
      '--namespace',
      SYSTEM,
      '--kube-version',
      '1.34.0',
      ...values,
    ]),
  );
}

/** @param objects of {@link installedRights} */
export async function recordRights(
  auditLog: string,
  objects: readonly RbacObject[],
  file = RECORD,
): Promise<void> {
  const record = await usedRights(auditLog, objects);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(record, undefined, 1));
}

export async function usedRights(auditLog: string, objects: readonly RbacObject[]): Promise<Record> {
  const grants = grantsByAccount(objects);
  const used = new Set<string>();
  let requests = 0;
  for await (const event of readAudit(auditLog)) {
    const request = requestOf(event);
    // kubectl in an identity's name is a test that tries something, not the program.
    if (request === undefined || request.status === 403 || request.userAgent.startsWith('kubectl')) continue;
    const of = grants.get(kindOf(request.account));
    if (of === undefined) continue;
    requests += 1;
    const grant = grantFor(of, inModel(request));
    if (grant !== undefined) used.add(grantText(grant, SYSTEM));
  }
  return { used: [...used].sort(), requests };
}

/** Every right of every identity, as text. */
export function grantedRights(objects: readonly RbacObject[]): Set<string> {
  return new Set([...grantsByAccount(objects).values()].flat().map((grant) => grantText(grant, SYSTEM)));
}

function grantsByAccount(objects: readonly RbacObject[]): Map<string, Grant[]> {
  return new Map(IDENTITIES.map(({ subject }) => [subject.name, grantsOf(objects, subject)]));
}

/** Slots are alike. */
function kindOf(account: string): string {
  return account.replace(/^skald-gateway-\d+$/, 'skald-gateway-0');
}

/** Tests have system namespaces and tenants of their own names: the model's stand for them. */
function inModel(request: Request): Request {
  const { home, account, namespace } = request;
  if (namespace === undefined) return request;
  const isTenants = account === 'skald-gateway' || account === 'skald-bot';
  if (namespace === home && !isTenants) return { ...request, namespace: SYSTEM };
  return { ...request, namespace: account === 'skald-gateway' ? NAMESPACES.cedar : NAMESPACES.amber };
}
