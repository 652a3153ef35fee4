import {
  type Client,
  isGone,
  isTransient,
  type KubeObject,
  type Live,
  type Resource,
} from '../../../src/kube/index.ts';

export interface Where {
  /** Undefined: of what has no namespace. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * The first answer that `look` gives to what is there, or to what comes: by list and watch, not by asking again and again.
 * @throws the signal's reason when it aborts; what `look` throws
 */
export async function waitFor<T extends KubeObject, R>(
  client: Client,
  resource: Resource<T>,
  where: Where,
  look: (object: Live<T>) => R | undefined,
  signal: AbortSignal,
): Promise<R> {
  for (;;) {
    signal.throwIfAborted();
    const page = await client.list(resource, { ...where, signal });
    for (const object of page.items) {
      const answer = look(object);
      if (answer !== undefined) return answer;
    }
    const watch = client.watch(resource, { ...where, resourceVersion: page.resourceVersion, signal });
    try {
      for await (const event of watch) {
        if (event.type !== 'ADDED' && event.type !== 'MODIFIED') continue;
        const answer = look(event.object);
        if (answer !== undefined) return answer;
      }
    } catch (error) {
      // Too old a version, or the connection broke: look at what is there now. When that fails, too, so does the wait.
      if (signal.aborted || !(isGone(error) || isTransient(error))) throw error;
    }
  }
}
