// kubectl and helm as people use them, against the integration tests' API server.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { RunError, run } from '../../../hack/process/run.ts';
import { ensureTools } from '../../../hack/tools/index.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

export interface Kubectl {
  /** Its standard output. Throws RunError when it fails. */
  (...args: readonly string[]): Promise<string>;
  /** Everything that a command which must fail printed. Throws when it succeeds. */
  refused(...args: readonly string[]): Promise<string>;
  apply(manifest: object, ...args: readonly string[]): Promise<string>;
  /** What the API server says against a manifest. Throws when it accepts it. */
  refusal(manifest: object, ...args: readonly string[]): Promise<string>;
}

/** @param flags given with every command, for example a namespace or an identity. */
export async function kubectl(...flags: readonly string[]): Promise<Kubectl> {
  const tools = await ensureTools(['kubectl'], (message) => console.log(message));
  const environment = { ...process.env, KUBECONFIG: inject('kubeconfig') };
  const call = (args: readonly string[], input?: string) =>
    run(tools.kubectl, [...flags, ...args], { environment, ...(input === undefined ? {} : { input }) });
  const failed = async (attempt: Promise<string>) => {
    const printed = await attempt.then(
      (output) => ({ output }),
      (error: unknown) => ({ error }),
    );
    if ('output' in printed) throw new Error(`It was accepted: ${printed.output}`);
    if (printed.error instanceof RunError) return printed.error.message + printed.error.output;
    throw printed.error;
  };
  const applied = (manifest: object, args: readonly string[]) =>
    call(['apply', '--server-side', '-f', '-', ...args], stringify(manifest));
  return Object.assign((...args: readonly string[]) => call(args), {
    refused: (...args: readonly string[]) => failed(call(args)),
    apply: (manifest: object, ...args: readonly string[]) => applied(manifest, args),
    refusal: (manifest: object, ...args: readonly string[]) => failed(applied(manifest, args)),
  });
}

/** Renders the chart. */
export async function helmTemplate(namespace: string, ...flags: readonly string[]): Promise<string> {
  const { helm } = await ensureTools(['helm'], (message) => console.log(message));
  const chart = `${root}/helm/skald`;
  return run(helm, ['template', 'skald', chart, '-n', namespace, '--kube-version', '1.34.0', ...flags]);
}

/** A name that no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
