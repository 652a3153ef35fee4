// The contender `dot-i`: @dot-i/k8s-operator as its README shows it. JavaScript, because the package is not installed
// where the types are checked.
//
// The framework has no cache and hands over one event at a time: `--workers` changes nothing. It watches the whole
// namespace, since it has no selectors. Writes of children go through its own @kubernetes/client-node (0.20), the
// status through its `setResourceStatus` (PUT with the version of the event).
import DotI from '@dot-i/k8s-operator';
import k8s from '@kubernetes/client-node';
import { announceReady, contenderArguments, untilTerminated } from '../contract.ts';
import {
  activeStatus,
  GROUP,
  isReported,
  KIND,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  PLURAL,
  parentOf,
  sessionSecret,
  VERSION,
  workerJob,
} from '../workload.ts';

const { default: Operator, ResourceEventType } = DotI;
const { kubeconfig, namespace } = contenderArguments();
const terminated = untilTerminated();
// The framework loads the configuration from where kubectl does.
process.env.KUBECONFIG = kubeconfig;

const log = {
  debug: () => {},
  info: (message) => console.error(message),
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
};

class SessionOperator extends Operator {
  async init() {
    this.batchApi = this.kubeConfig.makeApiClient(k8s.BatchV1Api);
    this.customApi = this.kubeConfig.makeApiClient(k8s.CustomObjectsApi);
    const onChild = (event) => this.#guard(() => this.#child(event));
    await this.watchResource(
      GROUP,
      VERSION,
      PLURAL,
      (event) => this.#guard(() => this.#session(event)),
      namespace,
    );
    await this.watchResource('', 'v1', 'secrets', onChild, namespace);
    await this.watchResource('batch', 'v1', 'jobs', onChild, namespace);
  }

  async #session({ type, object, meta }) {
    if (type === ResourceEventType.Deleted || object.metadata.deletionTimestamp) return;
    const status = activeStatus(object.metadata.name, object.spec.revision);
    if (isReported(object.status, status)) return;
    // A status that names the Job was written when both children had been made.
    if (object.status?.jobName === undefined) await this.#makeChildren(object);
    await this.setResourceStatus(meta, status);
  }

  /** A child is gone: it is made again for a session that is still there. */
  async #child({ type, object }) {
    if (type !== ResourceEventType.Deleted) return;
    if (object.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return;
    const owner = object.metadata.ownerReferences?.find(
      ({ kind, controller }) => kind === KIND && controller,
    );
    const session = owner && (await this.#read(owner.name));
    if (session?.metadata.uid !== owner?.uid || session?.metadata.deletionTimestamp) return;
    await this.#makeChildren(session);
  }

  async #makeChildren(session) {
    const parent = parentOf(session);
    await unlessPresent(this.k8sApi.createNamespacedSecret(namespace, sessionSecret(parent)));
    await unlessPresent(this.batchApi.createNamespacedJob(namespace, workerJob(parent)));
  }

  async #read(name) {
    try {
      return (await this.customApi.getNamespacedCustomObject(GROUP, VERSION, namespace, PLURAL, name)).body;
    } catch (error) {
      if (error.statusCode === 404) return undefined;
      throw error;
    }
  }

  /** An error that leaves the callback would end the process: the framework repeats nothing. */
  async #guard(work) {
    try {
      await work();
    } catch (error) {
      log.error(`${error.message}: ${JSON.stringify(error.body)}`);
    }
  }
}

async function unlessPresent(created) {
  try {
    await created;
  } catch (error) {
    if (error.statusCode !== 409) throw error;
  }
}

const operator = new SessionOperator(log);
await operator.start();
// The requests of the watches are under way; the framework does not tell when they are answered.
announceReady();
terminated.addEventListener('abort', () => {
  operator.stop();
  process.exit(0);
});
