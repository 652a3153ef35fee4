import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { up } from '../../hack/cluster/index.ts';
import { layout } from '../../hack/cluster/layout.ts';
import { defaultSentence } from '../../hack/demo/options.ts';
import { readTranscript } from '../../hack/demo/scene.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import { findCondition, type VoiceSession } from '../../src/api/index.ts';
import { Stage } from './harness.ts';

/** `kubectl drain` in the middle of an evening: the party goes on, on another node, and remembers what was said. */
describe('a node that is drained under a live session', () => {
  let stage: Stage;
  let session: VoiceSession;
  let node = '';
  let joined: string | undefined;
  const name = 'evening-drained';

  beforeAll(async () => {
    stage = await Stage.open(7);
    // While the first node is the only one, everything is on it; the second is made meanwhile.
    const joining = joinNode();
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
    await stage.kubectl.apply([stage.manifest(name)]);
    [session, joined] = await Promise.all([stage.reach(name, ['Active'], 90_000), joining]);
    node = session.status?.worker?.node ?? '';
  });

  afterAll(async () => {
    if (node !== '') await stage.kubectl.run(['uncordon', node]);
    // Nothing else shall come to depend on a node that only this test has made.
    if (joined !== undefined) await stage.kubectl.run(['cordon', joined]);
    await stage.kubectl.run([
      ...['delete', 'voicesession', name, '--namespace', stage.namespace, '--timeout=90s'],
    ]);
  });

  /** Undefined where we make no nodes; then the one node is drained and given back. */
  const joinNode = async (): Promise<string | undefined> => {
    if (stage.info.kubeconfig !== layout().kubeconfig) return undefined;
    const cluster = await up({ kinds: ['local'] });
    return cluster.joinNode?.();
  };

  const answered = async (): Promise<void> => {
    const said = await stage.table.gameMaster.say(await playerSays(defaultSentence, () => {}));
    const answer = await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: said.lastVoicedAt,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
    expect(answer.durationMs).toBeGreaterThan(1000);
    expect(answer.undecryptable).toBe(0);
  };

  it('answers before', answered);

  it('is held up by the session’s budget, which is exact', async () => {
    const jobName = session.status?.worker?.jobName ?? '';
    let status: unknown;
    await waitUntil(
      async () => {
        const budget = await stage.kubectl.json([
          ...['get', 'poddisruptionbudget', jobName, '--namespace', stage.namespace],
        ]);
        ({ status } = budget as { status: { currentHealthy?: number } });
        return (status as { currentHealthy?: number }).currentHealthy === 1;
      },
      { what: 'the budget to count its pod', deadlineMs: 15_000, detail: () => JSON.stringify(status) },
    );
    expect(status).toMatchObject({ expectedPods: 1, desiredHealthy: 1, disruptionsAllowed: 0 });
  });

  it('moves: Degraded for this reason, then Active on another node', { timeout: 180_000 }, async () => {
    const begin = Date.now();
    const drain = stage.kubectl.run([
      ...['drain', node, '--pod-selector', `skald.dev/voicesession=${name}`],
      ...['--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s'],
    ]);
    drain.catch(() => {});
    const degraded = await stage.reach(name, ['Degraded'], 60_000);
    console.info(`drain to Degraded: ${Date.now() - begin} ms`);
    expect(['Moving', 'Unschedulable']).toContain(degraded.status?.reason);
    await drain;
    // Without a second node it waits until this one is back.
    if (joined === undefined) await stage.kubectl.run(['uncordon', node]);
    const moved = await stage.reach(name, ['Active'], 90_000);
    console.info(`drain to Active again: ${Date.now() - begin} ms, on ${moved.status?.worker?.node}`);
    if (joined === undefined) expect(moved.status?.worker?.node).toBe(node);
    else expect(moved.status?.worker?.node).not.toBe(node);
    expect(moved.status?.worker).toMatchObject({ restarts: 1 });
    expect(findCondition(moved.status?.conditions, 'Moving')).toMatchObject({
      status: 'False',
      reason: 'Moved',
    });
    const [job] = (
      (await stage.kubectl.json(['get', 'jobs', '--namespace', stage.namespace])) as {
        items: { status: { failed?: number } }[];
      }
    ).items;
    expect(job?.status.failed ?? 0).toBe(0);
  });

  it('answers again, and the transcript goes on', async () => {
    await answered();
    const rows = await readTranscript(stage, stage.tenant, session.metadata.uid ?? '', {
      deadlineMs: 15_000,
      signal: new AbortController().signal,
    });
    expect(rows.filter(({ speakerKind }) => speakerKind === 'npc').length).toBeGreaterThanOrEqual(2);
  });

  it('tells it in Events', async () => {
    const described = await stage.kubectl.run([
      'describe',
      'voicesession',
      name,
      '--namespace',
      stage.namespace,
    ]);
    const story = described.slice(described.indexOf('Events:'));
    for (const chapter of ['NodeDraining', 'Moving', 'Moved']) expect(story).toContain(chapter);
  });
});
