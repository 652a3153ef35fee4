// The contender `limit`: N workers that only issue the writes, for objects that they are told. No list, no watch, no
// cache, no queue by key: nothing that makes an operator. What it does in a second is what a client can do here.
import { loadConfig } from '../../../src/kube/index.ts';
import { announceReady, contenderArguments, untilTerminated } from '../contract.ts';
import { API_VERSION, PLURAL } from '../workload.ts';
import { bodiesFor } from './bodies.ts';
import { Connection } from './connection.ts';
import { linesOf, readObjects, type SessionLine } from './objects.ts';

const { kubeconfig, namespace, workers, extra } = contenderArguments(['objects']);
const terminated = untilTerminated();
const configuration = await loadConfig({ kubeconfig });
const credentials = await configuration.credentials();
const base = configuration.server.pathname.replace(/\/$/, '');
const paths = {
  secrets: `${base}/api/v1/namespaces/${namespace}/secrets`,
  jobs: `${base}/apis/batch/v1/namespaces/${namespace}/jobs`,
  sessions: `${base}/apis/${API_VERSION}/namespaces/${namespace}/${PLURAL}`,
};
const bodies = bodiesFor(namespace);

async function write(connection: Connection, line: SessionLine): Promise<void> {
  if (!line.children) {
    await send(connection, 'POST', paths.secrets, bodies.secret(line));
    await send(connection, 'POST', paths.jobs, bodies.job(line));
  }
  await send(connection, 'PUT', `${paths.sessions}/${line.name}/status`, bodies.status(line));
}

async function send(
  connection: Connection,
  method: 'POST' | 'PUT',
  path: string,
  body: string,
): Promise<void> {
  const answer = await connection.send(method, path, body);
  const exists = method === 'POST' && answer.status === 409;
  if (answer.status >= 300 && !exists) {
    throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.body}`);
  }
}

/** Each object goes to the first worker that asks. */
async function work(connection: Connection, source: AsyncIterator<SessionLine>): Promise<void> {
  for (;;) {
    const next = await source.next();
    if (next.done) return;
    await write(connection, next.value);
  }
}

const connections = await Promise.all(
  Array.from({ length: workers }, () => Connection.open(configuration.server, credentials)),
);
terminated.addEventListener('abort', () => process.exit(0));
async function* given(): AsyncGenerator<SessionLine, void, void> {
  if (extra.objects === undefined) yield* linesOf(process.stdin);
  else yield* await readObjects(extra.objects);
}
const source = given();
announceReady();
await Promise.all(connections.map((connection) => work(connection, source)));
// The contract: a contender runs until it is asked to end. Its connections keep it alive.
