import type { Campaign, Tenant, VoiceSession } from '../../src/api/index.ts';
import type { Environment } from '../environment/environment.ts';
import type { Progress } from '../environment/progress.ts';
import { applyTenant, namespaceOf } from '../environment/table.ts';
import { waitUntil } from '../process/wait-until.ts';
import { readTranscript, type SceneResult } from './scene.ts';

/** How long a person has to type the command and to speak. */
const PATIENCE_MS = 15 * 60_000;

/**
 * The same scene with the real Discord: a person types /session start and speaks; the demo watches. What only a
 * listener in the channel can measure (recording, response at the wire) is left empty; the worker's own figure
 * stands in for the response.
 */
export async function playRealScene(scene: {
  readonly environment: Environment;
  readonly tenant: Tenant;
  readonly campaign: Campaign;
  readonly token: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}): Promise<SceneResult> {
  const { environment, tenant, campaign, progress, signal } = scene;
  const { kubectl } = environment;
  const namespace = namespaceOf(tenant);
  await progress.step('apply', 'Applying Tenant and Campaign', () =>
    applyTenant(kubectl, tenant, scene.token, [campaign]),
  );
  const sessions = async (): Promise<VoiceSession[]> =>
    ((await kubectl.json(['get', 'voicesessions', '--namespace', namespace])) as { items: VoiceSession[] })
      .items;

  progress.note(
    `Join a voice channel of the server and type /session start campaign:${campaign.metadata.name}`,
  );
  const active = await progress.step('start', 'Waiting for /session start', () =>
    waitUntil(async () => (await sessions()).find((item) => item.status?.phase === 'Active'), {
      what: 'an Active VoiceSession',
      deadlineMs: PATIENCE_MS,
      everyMs: 500,
      signal,
    }),
  );
  progress.note(`Now say something to ${campaign.spec.npcs.map((npc) => npc.name).join(' or ')}`);
  const transcript = await progress.step('answer', 'Waiting for an answer', () =>
    readTranscript(environment, tenant, active.metadata.uid ?? '', { deadlineMs: PATIENCE_MS, signal }),
  );
  const columns = await kubectl.run(['get', 'voicesessions', '--all-namespaces']);
  const now = (await sessions()).find((item) => item.metadata.uid === active.metadata.uid);
  const npc = transcript.find((segment) => segment.speakerKind === 'npc');
  return {
    session: `${namespace}/${active.metadata.name}`,
    phase: now?.status?.phase ?? 'unknown',
    heard: transcript.find((segment) => segment.speakerKind === 'player')?.text ?? '',
    npc: npc?.speakerName ?? '',
    answer: npc?.text ?? '',
    answerSeconds: npc ? (npc.endedAt.getTime() - npc.startedAt.getTime()) / 1000 : 0,
    recording: undefined,
    responseMs: now?.status?.voice?.responseP50Ms ?? 0,
    listeningMs: elapsed(active),
    transcript,
    table: columns,
  };
}

function elapsed(session: VoiceSession): number {
  const from = session.metadata.creationTimestamp;
  const to = session.status?.activeAt;
  return from && to ? Date.parse(to) - Date.parse(from) : 0;
}
