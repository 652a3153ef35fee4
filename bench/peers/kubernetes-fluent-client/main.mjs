// The contender `kubernetes-fluent-client`: its watcher and its client, used as Pepr uses them. JavaScript, because the
// package is not installed where the types are checked.
//
// As in Pepr's Reconcile action, an event only puts its object into a queue, which works on one object at a time for
// each key; here on `--workers` keys at once, and an object that changed meanwhile is worked on once, as it is now. The
// watcher's callback never waits. The client cannot PUT a status: it patches it (JSON merge patch), one request as well.
import { once } from 'node:events';
import { K8s, kind, RegisterKind, WatchEvent } from 'kubernetes-fluent-client';
import { announceReady, contenderArguments, untilTerminated } from '../contract.ts';
import {
  activeStatus,
  GROUP,
  isReported,
  jobName,
  KIND,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  PLURAL,
  parentOf,
  secretName,
  sessionSecret,
  VERSION,
  workerJob,
} from '../workload.ts';

const { kubeconfig, namespace, workers } = contenderArguments();
const terminated = untilTerminated();
// The client loads the configuration from where kubectl does.
process.env.KUBECONFIG = kubeconfig;

class Session extends kind.GenericKind {}
RegisterKind(Session, { group: GROUP, version: VERSION, kind: KIND, plural: PLURAL });

/** The last state of each session that the watch told, and which children were seen. */
const sessions = new Map();
const children = new Set();
/** Keys that wait, and keys that are worked on. */
const waiting = new Set();
const active = new Set();

function enqueue(name) {
  waiting.add(name);
  dispatch();
}

function dispatch() {
  for (const name of waiting) {
    if (active.size >= workers) return;
    if (active.has(name)) continue;
    waiting.delete(name);
    active.add(name);
    reconcile(name)
      .catch((error) => {
        console.error(`${name}: ${error.message ?? `${error.status} ${error.statusText}`}`);
        setTimeout(enqueue, 1_000, name);
      })
      .finally(() => {
        active.delete(name);
        dispatch();
      });
  }
}

async function reconcile(name) {
  const session = sessions.get(name);
  if (session === undefined || session.metadata.deletionTimestamp) return;
  const parent = parentOf(session);
  await ensure(kind.Secret, secretName(name), () => sessionSecret(parent));
  await ensure(kind.Job, jobName(name), () => workerJob(parent));
  const status = activeStatus(name, session.spec.revision);
  if (isReported(session.status, status)) return;
  const written = await K8s(Session).PatchStatus({ metadata: { name, namespace }, status });
  // The watch brings it, too; until then the session is not written again.
  sessions.set(name, written);
}

async function ensure(model, name, make) {
  const id = idOf(model, name);
  if (children.has(id)) return;
  try {
    await K8s(model).Create(make());
  } catch (error) {
    if (error.status !== 409) throw error;
  }
  children.add(id);
}

function onSession(session, phase) {
  const { name } = session.metadata;
  if (phase === 'DELETED') sessions.delete(name);
  else sessions.set(name, session);
  enqueue(name);
}

function onChild(model) {
  return (object, phase) => {
    const id = idOf(model, object.metadata.name);
    if (phase === 'ADDED') children.add(id);
    if (phase !== 'DELETED') return;
    children.delete(id);
    const owner = object.metadata.ownerReferences?.find(
      ({ kind, controller }) => kind === KIND && controller,
    );
    if (owner) enqueue(owner.name);
  };
}

function idOf(model, name) {
  return `${model.name}/${name}`;
}

const labelled = (model) => K8s(model).InNamespace(namespace).WithLabel(MANAGED_BY_LABEL, MANAGED_BY);
// The children first, so that a session that has them is known to have them.
const watches = [
  labelled(kind.Secret).Watch(onChild(kind.Secret)),
  labelled(kind.Job).Watch(onChild(kind.Job)),
  K8s(Session).InNamespace(namespace).Watch(onSession),
];
for (const watch of watches) {
  for (const event of [
    WatchEvent.NETWORK_ERROR,
    WatchEvent.LIST_ERROR,
    WatchEvent.WATCH_ERROR,
    WatchEvent.DATA_ERROR,
  ]) {
    if (event !== undefined)
      watch.events.on(event, (error) => console.error(`${event}: ${error?.message ?? error}`));
  }
  const connected = once(watch.events, WatchEvent.CONNECT);
  await watch.start();
  await connected;
}
announceReady();
terminated.addEventListener('abort', () => {
  for (const watch of watches) watch.close();
  process.exit(0);
});
