import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSentence } from '../../hack/demo/options.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import {
  DEFAULT_SYSTEM_NAMESPACE as SYSTEM_NAMESPACE,
  type Tenant,
  type VoiceSession,
} from '../../src/api/index.ts';
import { Stage } from './harness.ts';

/** Kills the process that the supervisor runs, from inside the container: PID 1 is the supervisor. */
const KILL_WORKER = `
  const pid = Number(require('node:fs').readFileSync('/proc/1/task/1/children', 'utf8').trim().split(' ')[0]);
  process.kill(pid, 'SIGKILL');
`;
const GATEWAY_AWAY_MS = 120_000;

/** What goes wrong in the middle of an evening, and how soon people can go on. */
describe('a session whose parts fail', () => {
  let stage: Stage;
  let session: VoiceSession;
  const name = 'evening-of-failures';
  let gateway = '';

  beforeAll(async () => {
    stage = await Stage.open(20);
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
    await stage.kubectl.apply([stage.manifest(name)]);
    session = await stage.reach(name, ['Active'], 90_000);
    const tenant = await stage.kubectl.json(['get', 'tenant', stage.tenant.metadata.name ?? '']);
    gateway = (tenant as Tenant).status?.gateway ?? '';
  });

  afterAll(async () => {
    await stage.kubectl.run([
      ...['delete', 'voicesession', name, '--namespace', stage.namespace, '--timeout=90s'],
    ]);
  });

  const answered = async (): Promise<void> => {
    const said = await stage.table.gameMaster.say(await playerSays(defaultSentence, () => {}));
    const answer = await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: said.lastVoicedAt,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
    expect(answer.undecryptable).toBe(0);
  };

  /** What the language model was given last. */
  const lastPrompt = async (): Promise<string> => {
    const { origin } = new URL(stage.info.chatUrl);
    const response = await fetch(`${origin}/control/requests`);
    const { requests } = (await response.json()) as { requests: { endpoint: string; body: unknown }[] };
    return JSON.stringify(requests.findLast(({ endpoint }) => endpoint === 'chat')?.body);
  };

  /** Milliseconds from `since` to when the bot is in the channel anew, with keys. */
  const backAfter = async (since: number, identified: number): Promise<number> => {
    await waitUntil(
      async () => {
        if ((await identifications()) <= identified) return false;
        const states = await stage.simulator.voiceStates(stage.table.guildId);
        const bot = states.find(({ userId }) => userId === stage.table.applicationId);
        return bot?.connected === true && bot.dave === true;
      },
      { what: 'the bot to be back in the channel', deadlineMs: 60_000, everyMs: 20 },
    );
    return Date.now() - since;
  };

  const identifications = async (): Promise<number> =>
    (await stage.simulator.events()).filter(
      ({ kind, userId }) => kind === 'voiceIdentify' && userId === stage.table.applicationId,
    ).length;

  it('answers before', answered);

  it('is back after kill -9 of the worker, in the same pod, and remembers', async () => {
    const identified = await identifications();
    const pod = session.status?.worker?.podName ?? '';
    // How long kubectl takes is not the worker's: the time counts from when the process is gone.
    const killed = await stage.kubectl.run([
      ...['exec', pod, '--namespace', stage.namespace, '--container', 'worker', '--'],
      ...['/app/node', '-e', `${KILL_WORKER} console.log(Date.now())`],
    ]);
    const ms = await backAfter(Number(killed.trim()), identified);
    console.info(`kill -9 to back in the channel: ${ms} ms`);
    expect(ms).toBeLessThan(3000);
    await answered();
    // What the NPC said before it was killed is its own line in what it is given now.
    expect(await lastPrompt()).toContain('"role":"assistant"');
    const now = await stage.session(name);
    expect(now?.status?.worker).toMatchObject({ podName: pod, restarts: 0 });
  });

  it('is back after its pod was deleted', async () => {
    const identified = await identifications();
    const pod = session.status?.worker?.podName ?? '';
    const since = Date.now();
    await stage.kubectl.run(['delete', 'pod', pod, '--namespace', stage.namespace, '--wait=false']);
    const ms = await backAfter(since, identified);
    console.info(`pod deleted to back in the channel: ${ms} ms`);
    expect(ms).toBeLessThan(15_000);
    await answered();
    await stage.reach(name, ['Active']);
  });

  it('goes on talking while the gateway is away for two minutes, is Degraded, and recovers', async () => {
    const identified = await identifications();
    const scale = (replicas: number) =>
      stage.kubectl.run([
        ...['scale', 'statefulset', gateway, '--namespace', SYSTEM_NAMESPACE, `--replicas=${replicas}`],
      ]);
    const since = Date.now();
    await scale(0);
    try {
      const degraded = await stage.reach(name, ['Degraded'], 90_000);
      console.info(`gateway gone to Degraded: ${Date.now() - since} ms`);
      expect(degraded.status?.reason).toBe('GatewayUnreachable');
      while (Date.now() - since < GATEWAY_AWAY_MS) await answered();
      expect((await stage.session(name))?.status?.phase).toBe('Degraded');
    } finally {
      await scale(1);
    }
    const back = Date.now();
    await stage.reach(name, ['Active'], 90_000);
    console.info(`gateway back to Active: ${Date.now() - back} ms`);
    await answered();
    expect(await identifications()).toBe(identified);
  });
});
