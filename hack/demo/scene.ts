import type { Tenant, VoiceSession } from '../../src/api/index.ts';
import type { TranscriptSegment } from '../../src/store/index.ts';
import { SessionStore, tenantDatabaseUrl } from '../../src/store/index.ts';
import { findTenant } from '../../src/store/roles/registry.ts';
import { withSession } from '../../src/store/roles/session.ts';
import type { SimulatorApi, TalkSpurt } from '../../test/discord/api.ts';
import type { Environment } from '../environment/environment.ts';
import type { Progress } from '../environment/progress.ts';
import { namespaceOf, type Table } from '../environment/table.ts';
import { waitUntil } from '../process/wait-until.ts';

export interface Scene {
  readonly environment: Pick<Environment, 'info' | 'kubectl'>;
  readonly simulator: SimulatorApi;
  readonly table: Table;
  readonly tenant: Tenant;
  readonly campaign: string;
  /** Path of the WAV that the player says. */
  readonly wav: string;
  /** Where the answer is written, 48 kHz mono WAV. */
  readonly recording: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** End with /session stop, or leave it running. */
  readonly stop: boolean;
}

export interface SceneResult {
  readonly session: string;
  readonly phase: string;
  /** What the recogniser understood. */
  readonly heard: string;
  readonly npc: string;
  readonly answer: string;
  /** Length of the answer as the player heard it. */
  readonly answerSeconds: number;
  /** Path of what the player heard, 48 kHz mono WAV. */
  readonly recording: string | undefined;
  /** From the last packet of the player's voice to the first of the answer, at Discord's end. */
  readonly responseMs: number;
  /** From `/session start` to a bot that listens (UDP ready, DAVE executed), at Discord's end. */
  readonly listeningMs: number;
  readonly transcript: readonly TranscriptSegment[];
  /** `kubectl get voicesessions` while the NPC was there. */
  readonly table: string;
}

/** A player types /session start, speaks, and hears an NPC answer. */
export async function playScene(scene: Scene): Promise<SceneResult> {
  const { table, progress } = scene;
  const namespace = namespaceOf(scene.tenant);
  const { kubectl } = scene.environment;

  const { session, listeningMs } = await progress.step('start', 'Robin types /session start', () =>
    startSession(scene),
  );
  const said = await progress.step('speak', 'Robin speaks', () => table.gameMaster.say(scene.wav));
  const answer = await progress.step('answer', 'Listening to the answer', () =>
    hearAnswer(scene, session, said.lastVoicedAt),
  );
  await table.gameMaster.writeHeard(scene.recording, {
    from: table.applicationId,
    afterMs: answer.firstPacketAt,
  });
  const columns = await kubectl.run(['get', 'voicesessions', '--all-namespaces']);
  const uid = (await getSession(scene, session)).metadata.uid ?? '';
  const transcript = await progress.step('transcript', 'Reading the transcript', () =>
    readTranscript(scene.environment, scene.tenant, uid, { deadlineMs: 15_000, signal: scene.signal }),
  );
  const phase = scene.stop
    ? await progress.step('stop', 'Robin types /session stop', () => stopSession(scene, session))
    : (await getSession(scene, session)).status?.phase;

  const player = transcript.find((segment) => segment.speakerKind === 'player');
  const npc = transcript.find((segment) => segment.speakerKind === 'npc');
  return {
    session: `${namespace}/${session}`,
    phase: phase ?? 'unknown',
    heard: player?.text ?? '',
    npc: npc?.speakerName ?? '',
    answer: npc?.text ?? '',
    recording: scene.recording,
    answerSeconds: Math.round(answer.durationMs / 10) / 100,
    responseMs: Math.round(answer.firstPacketAt - said.lastVoicedAt),
    listeningMs,
    transcript,
    table: columns,
  };
}

async function startSession(scene: Scene): Promise<{ session: string; listeningMs: number }> {
  const { simulator, table } = scene;
  await table.gameMaster.joinVoice(table.voiceChannelId);
  const before = await simulator.now();
  const command = await simulator.command(
    table.gameMaster,
    table.guildId,
    table.textChannelId,
    'session start',
    {
      campaign: scene.campaign,
    },
  );
  const listening = simulator.waitForEvent(
    { kind: 'daveExecuted', userId: table.applicationId, afterMs: before },
    60_000,
  );
  // A refusal is an answer too, and a better one than a time-out.
  const reply = command.waitForReply(/./, 60_000);
  reply.catch(() => {});
  let at: number;
  try {
    at = (await listening).at;
  } catch (cause) {
    const history = await command.history();
    throw new Error(
      `The bot never listened. It said: ${history.map((event) => event.text).join(' | ') || 'nothing'}`,
      {
        cause,
      },
    );
  }
  const session = await waitUntil(() => activeSession(scene), {
    what: 'the VoiceSession to be Active',
    deadlineMs: 30_000,
    signal: scene.signal,
  });
  return { session, listeningMs: Math.round(at - before) };
}

/** @throws with what was understood instead, when no NPC answers. */
async function hearAnswer(scene: Scene, session: string, afterMs: number): Promise<TalkSpurt> {
  const { table, environment, tenant, signal } = scene;
  try {
    return await table.gameMaster.waitToHear({
      from: table.applicationId,
      afterMs,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
  } catch (cause) {
    const uid = (await getSession(scene, session)).metadata.uid ?? '';
    const rows = await readTranscript(environment, tenant, uid, {
      deadlineMs: 2000,
      signal,
      until: (found) => found.length > 0,
    }).catch(() => []);
    const heard = rows.map(
      (row) => `"${row.text}"${row.addressedNpc ? ` to ${row.addressedNpc}` : ' to nobody'}`,
    );
    throw new Error(
      `No NPC answered. What was understood: ${heard.join(', ') || 'nothing'}. Say something that begins with an NPC's name`,
      { cause },
    );
  }
}

async function stopSession(scene: Scene, session: string): Promise<string | undefined> {
  const { simulator, table } = scene;
  await simulator.command(table.gameMaster, table.guildId, table.textChannelId, 'session stop');
  return await waitUntil(
    async () => {
      const phase = (await getSession(scene, session)).status?.phase;
      return phase === 'Ended' || phase === 'Failed' ? phase : undefined;
    },
    { what: 'the session to end', deadlineMs: 60_000, everyMs: 100, signal: scene.signal },
  );
}

async function activeSession(scene: Scene): Promise<string | undefined> {
  const list = (await scene.environment.kubectl.json([
    'get',
    'voicesessions',
    '--namespace',
    namespaceOf(scene.tenant),
  ])) as { items: VoiceSession[] };
  return list.items.find((item) => item.status?.phase === 'Active')?.metadata.name;
}

async function getSession(scene: Scene, name: string): Promise<VoiceSession> {
  return (await scene.environment.kubectl.json([
    'get',
    'voicesession',
    name,
    '--namespace',
    namespaceOf(scene.tenant),
  ])) as VoiceSession;
}

/** Rows are committed when the words were really heard; the NPC's is the last. */
export async function readTranscript(
  environment: Pick<Environment, 'info'>,
  tenant: Tenant,
  sessionUid: string,
  patience: {
    deadlineMs: number;
    signal: AbortSignal;
    /** Which rows are enough. @defaultValue an NPC has answered */
    until?: (rows: readonly TranscriptSegment[]) => boolean;
  },
): Promise<readonly TranscriptSegment[]> {
  const { name = '' } = tenant.metadata;
  const administrator = { url: environment.info.databaseUrl, applicationName: 'skald-demo' };
  const entry = await withSession(`find the schema of ${name}`, administrator, (session) =>
    findTenant(session, name),
  );
  if (entry === undefined) throw new Error(`the database knows no tenant ${name}`);
  const url = tenantDatabaseUrl(administrator.url, entry.schema);
  const store = new SessionStore({ url, applicationName: 'skald-demo' });
  const { deadlineMs, signal, until = answered } = patience;
  try {
    return await waitUntil(
      async () => {
        const rows = await store.readTranscript(sessionUid);
        return until(rows) ? rows : undefined;
      },
      { what: 'the transcript', everyMs: 100, deadlineMs, signal },
    );
  } finally {
    await store.close();
  }
}

function answered(rows: readonly TranscriptSegment[]): boolean {
  return rows.some((row) => row.speakerKind === 'npc');
}
