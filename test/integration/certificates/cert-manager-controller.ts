// The real controller of cert-manager, for one namespace of the integration tests' API server, and its CRDs from the Go
// module that it is built of. Without its webhook: what that would check (a duration of at least an hour) is in the
// product's own settings. Without its approver: the test approves, so that it can also deny.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  type CertificateRequest,
  certificateRequests,
} from '../../../controller/certificates/cert-manager/resources.ts';
import { waitFor } from '../../../controller/certificates/cert-manager/wait-for.ts';
import { findProgram } from '../../../hack/process/find-program.ts';
import { GuardedProcess } from '../../../hack/process/guarded.ts';
import { run } from '../../../hack/process/run.ts';
import { ensureTools } from '../../../hack/tools/index.ts';
import {
  type Client,
  defineResource,
  isConflict,
  isNotFound,
  type KubeObject,
  keyOf,
  type Live,
} from '../../../src/kube/index.ts';

const MODULE = 'github.com/cert-manager/cert-manager';
const folderOfModule = join(import.meta.dirname, '..', '..', '..', 'hack', 'tools', 'cert-manager');

const definitions = defineResource<
  KubeObject & { status?: { conditions?: { type: string; status: string }[] } }
>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});

export const issuers = defineResource<KubeObject & { spec: object }>({
  group: 'cert-manager.io',
  version: 'v1',
  plural: 'issuers',
  kind: 'Issuer',
  namespaced: true,
});

export interface CertManagerOptions {
  readonly kubeconfig: string;
  readonly admin: Client;
  readonly namespace: string;
  /** Kept empty by the caller's cleaning up. */
  readonly folder: string;
  /** Whether a request is approved. */
  readonly approves: (request: Live<CertificateRequest>) => boolean;
}

/** Ends with `stop`, and when this process dies. */
export async function startCertManager(options: CertManagerOptions): Promise<{ stop(): Promise<void> }> {
  const { 'cert-manager-controller': program } = await ensureTools(['cert-manager-controller'], console.log);
  await applyDefinitions(options.admin);
  const process_ = await GuardedProcess.start('cert-manager', {
    program,
    arguments: [
      `--kubeconfig=${options.kubeconfig}`,
      `--namespace=${options.namespace}`,
      '--leader-elect=false',
      '--controllers=*,-certificaterequests-approver',
      '--metrics-listen-address=127.0.0.1:0',
      '--v=2',
    ],
    logFile: join(options.folder, 'cert-manager.log'),
    environment: { PATH: '/usr/bin:/bin', HOME: options.folder, GOMAXPROCS: '2' },
  });
  const ending = new AbortController();
  const approving = approve(options, ending.signal);
  return {
    async stop() {
      ending.abort();
      await approving;
      await process_.stop('SIGTERM');
    },
  };
}

async function applyDefinitions(admin: Client): Promise<void> {
  const go = findProgram('go');
  if (go === undefined) throw new Error('go is needed to find the CRDs of cert-manager');
  const answer = await run(go, ['mod', 'download', '-json', MODULE], {
    cwd: folderOfModule,
    environment: { ...process.env, GOWORK: 'off' },
  });
  const { Dir: module }: { Dir: string } = JSON.parse(answer);
  const folder = join(module, 'deploy', 'crds');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
  for (const file of files) {
    // They are templates of a chart; in the labels only.
    const text = (await readFile(join(folder, file), 'utf8')).replace(/^.*\{\{.*$/gm, '');
    const definition: Live = parse(text);
    definition.metadata = { ...definition.metadata, labels: {} };
    await admin.apply(definitions, definition, { fieldManager: 'test' });
    await waitFor(
      admin,
      definitions,
      { fieldSelector: `metadata.name=${definition.metadata.name}` },
      ({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ||
        undefined,
      AbortSignal.timeout(30_000),
    );
  }
}

/** What cert-manager's approver or a policy would do. */
async function approve(
  { admin, namespace, approves }: CertManagerOptions,
  signal: AbortSignal,
): Promise<void> {
  const judge = async (request: Live<CertificateRequest>): Promise<void> => {
    const conditions = request.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === 'Approved' || type === 'Denied')) return;
    const approved = approves(request);
    const condition = {
      type: approved ? 'Approved' : 'Denied',
      status: 'True',
      reason: approved ? 'Approved' : 'Policy',
      message: approved ? 'The test approves.' : 'The policy of the test allows no such name.',
      lastTransitionTime: new Date().toISOString(),
    };
    const { resourceVersion } = request.metadata;
    const merge = { metadata: { resourceVersion }, status: { conditions: [...conditions, condition] } };
    try {
      await admin.patch(certificateRequests, keyOf(request), { merge }, { subresource: 'status', signal });
    } catch (error) {
      // cert-manager has written a condition meanwhile: the next event shows it.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  };
  try {
    for (;;) {
      const page = await admin.list(certificateRequests, { namespace, signal });
      for (const request of page.items) await judge(request);
      const watch = admin.watch(certificateRequests, {
        namespace,
        resourceVersion: page.resourceVersion,
        signal,
      });
      for await (const event of watch) {
        if (event.type === 'ADDED' || event.type === 'MODIFIED') await judge(event.object);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
