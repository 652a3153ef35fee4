// A contender of the bench at work in a namespace of its own, as the bench runs it, and what it has left behind.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { inject, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { ContenderProcess } from '../../../bench/controller/contender-process.ts';
import { type Session, sessionOf, sessions } from '../../../bench/controller/sessions.ts';
import { type ContenderName, contenders } from '../../../bench/peers/index.ts';
import type { SessionLine } from '../../../bench/peers/limit/objects.ts';
import {
  activeStatus,
  CHILD_SELECTOR,
  parentOf,
  sessionSecret,
  workerJob,
} from '../../../bench/peers/workload.ts';
import {
  Client,
  defineResource,
  jobs,
  type KubeObject,
  type Live,
  loadConfig,
  namespaces,
  secrets,
} from '../../../src/kube/index.ts';
import { until } from '../kube/harness.ts';

const customResourceDefinitions = defineResource<KubeObject>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});

/** Makes the API server know the sessions. */
export async function defineSessions(): Promise<void> {
  const client = new Client({ config: await loadConfig({ kubeconfig: inject('kubeconfig') }) });
  try {
    const file = new URL('../../../bench/controller/crd.yaml', import.meta.url);
    const definition: KubeObject = parse(await readFile(file, 'utf8'));
    await client.apply(customResourceDefinitions, definition, { fieldManager: 'test' });
    await until(
      () =>
        client.list(sessions).then(
          () => true,
          () => false,
        ),
      { withinMs: 30_000 },
    );
  } finally {
    client.close();
  }
}

/** What a session has: the same for two of the same name, whoever made them and wherever. */
export interface Remains {
  readonly status: Session['status'];
  readonly secret: unknown;
  readonly job: unknown;
}

export class Scene {
  readonly namespace: string;
  readonly client: Client;
  readonly #process = new Set<ContenderProcess>();

  private constructor(client: Client, namespace: string) {
    this.client = client;
    this.namespace = namespace;
  }

  /** `count` sessions in a namespace of their own. */
  static async of(name: string, count: number): Promise<Scene> {
    const client = new Client({ config: await loadConfig({ kubeconfig: inject('kubeconfig') }) });
    const namespace = `bench-${name}-${Date.now().toString(36)}`;
    const scene = new Scene(client, namespace);
    onTestFinished(async () => {
      await Promise.all([...scene.#process].map((process) => process.stop()));
      client.close();
    });
    await client.create(namespaces, { metadata: { name: namespace } });
    const numbers = Array.from({ length: count }, (_, number) => number);
    await Promise.all(numbers.map((n) => client.create(sessions, sessionOf(namespace, `session-${n}`, n))));
    return scene;
  }

  /** Starts the contender, which has been made ready before. Resolves when it says that it is at work. */
  async start(name: ContenderName, { children = false } = {}): Promise<ContenderProcess> {
    const contender = contenders[name];
    const launch = await contender.prepare((message) => console.log(message));
    const args = [...launch.args, '--kubeconfig', inject('kubeconfig'), '--namespace', this.namespace];
    const cores = Array.from({ length: availableParallelism() }, (_, core) => core);
    const process = new ContenderProcess(name, { ...launch, args: [...args, '--workers', '4'] }, cores);
    this.#process.add(process);
    await process.event('ready', AbortSignal.timeout(30_000));
    if (contender.needsObjects) await this.tell(process, { children });
    return process;
  }

  /** What a contender is told that does not watch. */
  async tell(process: ContenderProcess, { children }: { readonly children: boolean }): Promise<void> {
    for (const { metadata, spec } of await this.sessions()) {
      const { name, uid, resourceVersion } = metadata;
      const line: SessionLine = { name, uid, resourceVersion, revision: spec.revision, children };
      process.feed(JSON.stringify(line));
    }
  }

  /** By hand what a contender has to do. */
  async reconcile(): Promise<void> {
    for (const session of await this.sessions()) {
      const parent = parentOf(session);
      await this.client.create(secrets, sessionSecret(parent));
      await this.client.create(jobs, workerJob(parent));
      const status = activeStatus(parent.name, session.spec.revision);
      await this.client.updateStatus(sessions, { ...session, status });
    }
  }

  async raiseRevision(): Promise<void> {
    for (const { metadata, spec } of await this.sessions()) {
      const merge = { spec: { revision: spec.revision + 1 } };
      await this.client.patch(sessions, metadata, { merge });
    }
  }

  /** Waits until every status says the session's revision. */
  async reported(process: ContenderProcess): Promise<void> {
    let seen: unknown;
    await until(
      async () => {
        if (!process.running) throw process.failure();
        const all = await this.sessions();
        seen = all.map(({ spec, status }) => ({ revision: spec.revision, status }));
        return all.every(({ spec, status }) => status?.observedRevision === spec.revision);
      },
      { withinMs: 30_000, seen: () => seen },
    );
  }

  sessions(): Promise<Live<Session>[]> {
    return this.client.listAll(sessions, { namespace: this.namespace });
  }

  /** The children as they are, Secrets first. */
  async children(): Promise<Live[]> {
    const where = { namespace: this.namespace, labelSelector: CHILD_SELECTOR };
    return [...(await this.client.listAll(secrets, where)), ...(await this.client.listAll(jobs, where))];
  }

  /** Name, uid and version of every child: what changes when one is written again. */
  async versions(): Promise<string[]> {
    const children = await this.children();
    return children.map(
      ({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`,
    );
  }

  /** By session. Nothing in it depends on when and where it was made. */
  async remains(): Promise<Record<string, Remains>> {
    const children = await this.children();
    const remains: Record<string, Remains> = {};
    for (const session of await this.sessions()) {
      const own = children.filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ uid }) => uid === session.metadata.uid),
      );
      expectOneEach(own, session);
      const of = (kind: string) => own.find((child) => child.kind === kind);
      remains[session.metadata.name] = {
        status: session.status,
        secret: this.#timeless(of('Secret'), session),
        job: this.#timeless(of('Job'), session),
      };
    }
    return remains;
  }

  #timeless(child: Live | undefined, session: Live<Session>): unknown {
    if (child === undefined) return undefined;
    const {
      uid,
      resourceVersion: _,
      creationTimestamp: __,
      managedFields: ___,
      ...metadata
    } = child.metadata;
    const text = JSON.stringify({ ...child, metadata })
      .replaceAll(session.metadata.uid, 'UID-OF-SESSION')
      .replaceAll(uid, 'UID-OF-CHILD')
      .replaceAll(this.namespace, 'NAMESPACE');
    return JSON.parse(text);
  }
}

function expectOneEach(own: readonly Live[], session: Live<Session>): void {
  const kinds = own.map(({ kind }) => kind).sort();
  if (kinds.join() !== 'Job,Secret') {
    throw new Error(
      `${session.metadata.name} has ${kinds.join(', ') || 'no children'}, not a Job and a Secret`,
    );
  }
}
