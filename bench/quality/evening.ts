// A table on a running environment, where the scene is played and judged.
import { readTranscript } from '../../hack/demo/scene.ts';
import type { Environment } from '../../hack/environment/environment.ts';
import {
  applyTenant,
  namespaceOf,
  readManifest,
  setUpTable,
  tenantOffline,
} from '../../hack/environment/table.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import type { Campaign, Tenant, VoiceSession } from '../../src/api/index.ts';
import { SimulatorClient } from '../../test/discord/client.ts';
import { judge, type Verdict } from './judge.ts';
import { play } from './play.ts';
import { recordingOf, wordsOf } from './recording.ts';
import type { Recogniser } from './results.ts';
import { campaignOf, MUTED, scene } from './scene.ts';

/** Plays the first `lines` of the scene in a session of its own. */
export type PlayEvening = (recogniser: Recogniser, lines: number) => Promise<readonly Verdict[]>;

/**
 * @param environment has the product installed, with the simulator
 * @param note is told what goes on, a line each
 */
export async function prepareEvening(
  { info, kubectl }: Pick<Environment, 'info' | 'kubectl'>,
  note: (message: string) => void,
  signal: AbortSignal,
): Promise<PlayEvening> {
  const simulator = await SimulatorClient.connect(info.simulator?.controlUrl ?? '');
  const recordings = await Promise.all(scene.map((line) => recordingOf(line, note)));
  await teach(new URL(info.chatUrl).origin, recordings);
  const sample = tenantOffline(await readManifest<Tenant>('config/samples/tenant.yaml', 'Tenant'), {
    chatUrl: info.chatUrl,
    discord: { applicationId: '200000000000055501', guildId: '200000000000055502' },
  });
  const tenant: Tenant = { ...sample, metadata: { name: 'evening' } };
  const table = await setUpTable(simulator, tenant);
  const campaign = campaignOf(await readManifest<Campaign>('config/samples/campaign.yaml', 'Campaign'));
  await applyTenant(kubectl, tenant, table.token, [campaign]);
  const mara = await simulator.person({ guildId: table.guildId, name: 'Mara' });
  const namespace = namespaceOf(tenant);
  const sessionOf = async (name: string): Promise<VoiceSession> =>
    (await kubectl.json(['get', 'voicesession', name, '--namespace', namespace])) as VoiceSession;

  return async (recogniser, lines) => {
    const stt = { kind: 'openai', model: 'double-stt', baseURL: info.chatUrl } as const;
    const { stt: _, ...others } = tenant.spec.providers;
    const providers = recogniser === 'given' ? { ...others, stt } : others;
    await kubectl.apply([{ ...tenant, spec: { ...tenant.spec, providers } }]);
    const name = `evening-${recogniser}`;
    await kubectl.apply([
      {
        apiVersion: 'skald.dev/v1alpha1',
        kind: 'VoiceSession',
        metadata: { name, namespace },
        spec: {
          campaignRef: { name: campaign.metadata.name },
          guildId: table.guildId,
          voiceChannelId: table.voiceChannelId,
          mutedNpcs: [MUTED],
        },
      },
    ]);
    await table.gameMaster.joinVoice(table.voiceChannelId);
    await mara.joinVoice(table.voiceChannelId);
    const patience = { deadlineMs: 90_000, everyMs: 200, signal };
    const session = await waitUntil(
      async () => {
        const found = await sessionOf(name);
        return found.status?.phase === 'Active' ? found : undefined;
      },
      { what: `${name} to be Active`, ...patience },
    );
    const stage = { simulator, people: { robin: table.gameMaster, mara }, bot: table.applicationId, signal };
    const spoken = await play(stage, scene.slice(0, lines), recordings, ({ by, text }) =>
      note(`${by}: ${text}`),
    );
    await kubectl.run(['delete', 'voicesession', name, '--namespace', namespace, '--timeout=60s']);
    const rows = await readTranscript({ info }, tenant, session.metadata.uid ?? '', {
      deadlineMs: 15_000,
      signal,
      until: (found) => found.length > 0,
    });
    return judge(spoken, rows);
  };
}

/** The double that recognises for those to whom the words are given. */
async function teach(origin: string, recordings: readonly Buffer[]): Promise<void> {
  for (const [at, line] of scene.entries()) {
    const body = JSON.stringify({ text: wordsOf(line), wav: recordings[at]?.toString('base64') });
    const response = await fetch(`${origin}/control/recordings`, { method: 'POST', body });
    if (!response.ok)
      throw new Error(`the provider double does not take a recording: ${await response.text()}`);
  }
}
