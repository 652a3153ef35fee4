import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSentence } from '../../hack/demo/options.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import { isWarmJobName, type VoiceSession, workerJobName } from '../../src/api/index.ts';
import { Stage } from './harness.ts';

interface Pods {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly uid: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** Spare workers on a real node; the tests build on each other in order. */
describe('warm workers', () => {
  let stage: Stage;
  let spare: { readonly name: string; readonly uid: string };

  const want = (warm: number) => {
    const patch = JSON.stringify({ spec: { worker: { warm } } });
    return stage.kubectl.run([
      'patch',
      'tenant',
      stage.tenant.metadata?.name ?? '',
      '--type=merge',
      `--patch=${patch}`,
    ]);
  };

  /** The spare whose pod says that it is parked and has everything loaded. */
  const readySpare = (without?: string) =>
    waitUntil(
      async () => {
        const where = ['--namespace', stage.namespace, '--selector', 'skald.dev/warm=true'];
        const { items } = (await stage.kubectl.json(['get', 'pods', ...where])) as Pods;
        const ready = items.find(({ status }) =>
          status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
        );
        return ready === undefined || ready.metadata.uid === without ? undefined : ready.metadata;
      },
      { what: 'a spare to be ready', deadlineMs: 60_000, everyMs: 100 },
    );

  async function start(): Promise<{ session: VoiceSession; listeningMs: number }> {
    const known = new Set((await stage.sessions()).map(({ metadata }) => metadata.name));
    const before = await stage.simulator.now();
    await stage.command('start');
    const { at } = await stage.simulator.waitForEvent(
      { kind: 'daveExecuted', userId: stage.table.applicationId, afterMs: before },
      60_000,
    );
    const created = (await stage.sessions()).find(({ metadata }) => !known.has(metadata.name));
    const session = await stage.reach(created?.metadata.name ?? '', ['Active']);
    return { session, listeningMs: Math.round(at - before) };
  }

  beforeAll(async () => {
    stage = await Stage.open(6);
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
    await want(1);
    spare = await readySpare();
  });
  afterAll(() => want(0));

  it('a session has the worker that waited, and another one takes its place', async () => {
    const { session, listeningMs } = await start();
    console.info(`warm /session start to listening: ${listeningMs} ms`);
    expect(isWarmJobName(session.status?.worker?.jobName ?? '')).toBe(true);
    expect(session.status?.worker).toMatchObject({ podName: spare.name, podUID: spare.uid, restarts: 0 });
    expect((await readySpare(spare.uid)).uid).not.toBe(spare.uid);
  });

  it('its NPC answers', async () => {
    const said = await stage.table.gameMaster.say(await playerSays(defaultSentence, () => {}));
    const answer = await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: said.lastVoicedAt,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
    expect(answer.durationMs).toBeGreaterThan(1000);
  });

  it('the worker ends with its session; with an empty pool the next one starts cold', async () => {
    const [first] = await stage.sessions();
    if (first === undefined) throw new Error('there is no session');
    await want(0);
    await stage.command('stop');
    const { status } = await stage.reach(first.metadata.name ?? '', ['Ended']);
    expect(status?.endReason).toBe('Requested');
    await stage.nothingLeftOf(first);
    const { session } = await start();
    const { name = '', uid = '' } = session.metadata;
    expect(session.status?.worker?.jobName).toBe(workerJobName({ metadata: { name, uid } }));
    expect(session.status?.worker?.podUID).not.toBe(spare.uid);
    await stage.command('stop');
    await stage.reach(name, ['Ended']);
    await stage.nothingLeftOf(session);
  });
});
