// The contenders of `npm run bench -- controller` do the same work: what one of them would leave out, it would win by.
import { beforeAll, describe, expect, test } from 'vitest';
import { type ContenderName, contenders } from '../../../bench/peers/index.ts';
import { jobs, secrets } from '../../../src/kube/index.ts';
import { until } from '../kube/harness.ts';
import { defineSessions, type Remains, Scene } from './scene.ts';

const count = 20;
const names = Object.keys(contenders).filter((name): name is ContenderName => name in contenders);
/** Milliseconds for packages that are installed, and a program that is built, for the first time. */
const preparing = 1_200_000;

beforeAll(async () => {
  for (const name of names) await contenders[name].prepare((message) => console.log(message));
  await defineSessions();
}, preparing);

let wanted: Record<string, Remains> | undefined;
/** What the sessions have to have, made by hand. */
async function expected(): Promise<Record<string, Remains>> {
  if (wanted === undefined) {
    const scene = await Scene.of('by-hand', count);
    await scene.reconcile();
    wanted = await scene.remains();
  }
  return wanted;
}

describe.each(names)('the contender %s', (name) => {
  test('leaves the same objects, once, over revisions and a restart', async () => {
    const scene = await Scene.of(name, count);
    const first = await scene.start(name);
    await scene.reported(first);
    expect(await scene.remains()).toEqual(await expected());
    const versions = await scene.versions();

    await scene.raiseRevision();
    if (contenders[name].needsObjects) await scene.tell(first, { children: true });
    await scene.reported(first);
    await first.stop();
    expect(first.exitCode).toBe(0);

    // It learns of these from its first list, and of the children, too.
    await scene.raiseRevision();
    const second = await scene.start(name);
    await scene.reported(second);
    await second.stop();

    expect(await scene.versions()).toEqual(versions);
    const remains = await scene.remains();
    for (const { status } of Object.values(remains)) expect(status?.observedRevision).toBe(3);
  });
});

const watching = names.filter((name) => !contenders[name].needsObjects);
describe.each(watching)('the contender %s, which watches,', (name) => {
  test('makes a deleted child again', async () => {
    const scene = await Scene.of(name, 1);
    const process = await scene.start(name);
    await scene.reported(process);
    const before = await scene.remains();
    for (const [resource, suffix] of [[secrets, 'session'] as const, [jobs, 'worker'] as const]) {
      const child = { namespace: scene.namespace, name: `session-0-${suffix}` };
      const { metadata } = await scene.client.get(resource, child);
      await scene.client.delete(resource, child, { uid: metadata.uid });
      await until(async () => {
        const again = await scene.client.find(resource, child);
        return again !== undefined && again.metadata.uid !== metadata.uid;
      });
    }
    expect(await scene.remains()).toEqual(before);
  });
});
