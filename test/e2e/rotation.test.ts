import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSentence } from '../../hack/demo/options.ts';
import { readTranscript } from '../../hack/demo/scene.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import {
  DEFAULT_SYSTEM_NAMESPACE as SYSTEM_NAMESPACE,
  type VoiceSession,
  workerSecretName,
} from '../../src/api/index.ts';
import type { TalkSpurt } from '../discord/api.ts';
import { Stage } from './harness.ts';

/** Of workers' certificates in this test, seconds. The product's shortest is 600: kubelets are slower elsewhere. */
const LIFE_SECONDS = 120;
const ROTATIONS = 5;
/** Pacing on a machine that does other things, milliseconds; a frame is 20. */
const MOST_JITTER_MS = 200;

interface Move {
  readonly time: string;
  readonly from: string;
  readonly serial: string;
  readonly overlapMs: number;
  readonly how: string;
}

interface Exchange {
  readonly from: number;
  readonly to: number;
  readonly answer: TalkSpurt;
}

const lines = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });

/** Certificates change under a session in which somebody talks all the time; the tests build on each other in order. */
describe('certificates rotate under a live session', () => {
  let stage: Stage;
  let session: VoiceSession;
  let moves: Move[] = [];
  const exchanges: Exchange[] = [];

  async function lives(seconds: number | undefined): Promise<void> {
    const where = ['deployment/skald-controller', '--namespace', SYSTEM_NAMESPACE];
    const set =
      seconds === undefined
        ? ['WORKER_SECONDS-', 'ALLOW_SHORT-']
        : [`WORKER_SECONDS=${seconds}`, 'ALLOW_SHORT=true'];
    await stage.kubectl.run(['set', 'env', ...where, ...set.map((one) => `SKALD_CERTIFICATES_${one}`)]);
    await stage.kubectl.run(['rollout', 'status', ...where, '--timeout=120s']);
  }

  const logsOf = async (what: string, namespace: string, ...more: string[]) =>
    lines(await stage.kubectl.run(['logs', what, '--namespace', namespace, '--tail=-1', ...more]));

  async function movesOf(): Promise<Move[]> {
    const jobName = session.status?.worker?.jobName ?? '';
    const logged = await logsOf(`job/${jobName}`, stage.namespace, '--container=worker');
    return logged.filter(
      ({ msg }) => msg === 'Moved to a stream with the renewed certificate',
    ) as unknown as Move[];
  }

  async function ask(wav: string): Promise<void> {
    const from = Date.now();
    const said = await stage.table.gameMaster.say(wav);
    const answer = await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: said.lastVoicedAt,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
    exchanges.push({ from, to: Date.now(), answer });
  }

  beforeAll(async () => {
    stage = await Stage.open(19);
    await lives(LIFE_SECONDS);
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
    await stage.command('start');
    const [created] = await stage.sessions();
    session = await stage.reach(created?.metadata.name ?? '', ['Active'], 90_000);
  });
  afterAll(() => lives(undefined));

  it('five times, each time seen on the stream, while every sentence is answered', {
    timeout: 900_000,
  }, async () => {
    const wav = await playerSays(defaultSentence, () => {});
    while (moves.length < ROTATIONS) {
      await ask(wav);
      moves = await movesOf();
    }
    // One more, after the last.
    await ask(wav);
    const seen = await logsOf('statefulset/skald-gateway-0', SYSTEM_NAMESPACE);
    const onStreams = seen
      .filter(({ msg }) => msg === 'Worker moved to this stream')
      .map(({ serial }) => serial);
    console.info(
      ['rotation  time                      old serial    new serial    overlap', ...moves.map(rowOf)].join(
        '\n',
      ),
    );
    for (const { serial, how } of moves) {
      expect(onStreams).toContain(serial);
      expect(how).toBe('resumed');
    }
    expect(new Set(moves.map(({ serial }) => serial)).size).toBe(moves.length);
    for (const [index, { from }] of moves.slice(1).entries()) expect(from).toBe(moves[index]?.serial);
  });

  it('the Secret and the status name the certificate that the stream has', async () => {
    const name = workerSecretName(session.status?.worker?.jobName ?? '');
    const secret = (await stage.kubectl.json(['get', 'secret', name, '--namespace', stage.namespace])) as {
      metadata: { annotations: Record<string, string> };
    };
    const { annotations } = secret.metadata;
    const current = await stage.session(session.metadata.name ?? '');
    expect(current?.status?.worker?.certificateExpiry).toBe(annotations['skald.dev/certificate-expiry']);
    expect(moves.map(({ serial }) => serial)).toContain(moves.at(-1)?.serial);
  });

  it('no packet of the bot is lost, sent twice or late, nor is its voice connection touched', async () => {
    const across = exchanges.filter(({ from, to }) =>
      moves.some(({ time }) => Date.parse(time) >= from && Date.parse(time) <= to),
    );
    const worstOf = (some: readonly Exchange[]) =>
      Math.max(0, ...some.map(({ answer }) => answer.longestGapMs));
    const worst = worstOf(across);
    // An NPC draws breath between two sentences: that is as long without a switchover.
    const usual = worstOf(exchanges.filter((one) => !across.includes(one)));
    const packets = exchanges.reduce((sum, { answer }) => sum + answer.packets, 0);
    console.info(
      `${exchanges.length} answers, ${packets} packets, ${across.length} exchanges across a switchover: longest gap ${worst.toFixed(0)} ms there, ${usual.toFixed(0)} ms elsewhere`,
    );
    expect(across.length).toBeGreaterThanOrEqual(1);
    for (const { answer } of exchanges) {
      expect(answer).toMatchObject({ lost: 0, duplicated: 0, timestampJumps: 0, undecryptable: 0 });
    }
    expect(worst).toBeLessThan(Math.max(MOST_JITTER_MS, usual + 40));
    const now = await stage.session(session.metadata.name ?? '');
    expect(now?.status).toMatchObject({
      phase: 'Active',
      worker: { podUID: session.status?.worker?.podUID, restarts: 0 },
    });
    expect(now?.status?.voice?.connectedAt).toBe(session.status?.voice?.connectedAt);
  });

  it('every sentence is in the transcript once, with its answer', async () => {
    const rows = await readTranscript(stage, stage.tenant, session.metadata.uid ?? '', {
      deadlineMs: 30_000,
      signal: new AbortController().signal,
      until: (found) =>
        found.filter(({ speakerKind }) => speakerKind === 'player').length >= exchanges.length,
    });
    const players = rows.filter(({ speakerKind }) => speakerKind === 'player');
    expect(players).toHaveLength(exchanges.length);
    for (const { correlationId } of players) {
      expect(rows.some((row) => row.speakerKind === 'npc' && row.correlationId === correlationId)).toBe(true);
    }
  });

  it('ends as always, and its Secret is gone', async () => {
    await stage.command('stop');
    const ended = await stage.reach(session.metadata.name ?? '', ['Ended', 'Failed']);
    expect(ended.status?.phase).toBe('Ended');
    await stage.nothingLeftOf(ended);
  });
});

function rowOf({ time, from, serial, overlapMs }: Move, index: number): string {
  return `${String(index + 1).padStart(8)}  ${time}  ${from.slice(0, 12)}  ${serial.slice(0, 12)}  ${overlapMs} ms`;
}
