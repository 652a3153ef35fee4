// One start after the other, as a game master sees it: `/session start`, the bot listens, `/session stop`.
import type { Kubectl } from '../../hack/environment/kubectl.ts';
import type { Table } from '../../hack/environment/table.ts';
import type { SimulatorApi } from '../../test/discord/api.ts';
import type { TimelineEvent } from '../../test/discord/world/timeline.ts';
import type { Observer, Sighting } from './observer.ts';
import type { Moments } from './steps.ts';

export interface Stage {
  readonly simulator: SimulatorApi;
  readonly table: Table;
  readonly campaign: string;
  readonly namespace: string;
  readonly observer: Observer;
  readonly kubectl: Kubectl;
}

/** Added to the simulator's time gives epoch milliseconds: the quickest of several questions is the most exact. */
export async function clockOffset(simulator: SimulatorApi): Promise<number> {
  let best = { tookMs: Number.POSITIVE_INFINITY, offset: 0 };
  for (let attempt = 0; attempt < 20; attempt++) {
    const before = Date.now();
    const started = performance.now();
    const theirs = await simulator.now();
    const tookMs = performance.now() - started;
    if (tookMs < best.tookMs) best = { tookMs, offset: before + tookMs / 2 - theirs };
  }
  return best.offset;
}

/** @returns when what happened, epoch milliseconds */
export async function measureStart(stage: Stage, kind: 'warm' | 'cold'): Promise<Moments> {
  const { simulator, table, campaign, observer } = stage;
  if (kind === 'warm') await observer.spareIsReady();
  else await observer.noPods();
  const known = observer.names();
  const offset = await clockOffset(simulator);
  const before = await simulator.now();
  const { gameMaster, guildId, textChannelId, applicationId } = table;
  const command = await simulator.command(gameMaster, guildId, textChannelId, 'session start', { campaign });
  const refusal = command.waitForReply(/./, 60_000);
  refusal.catch(() => {});
  const listening = await simulator.waitForEvent(
    { kind: 'daveExecuted', userId: applicationId, afterMs: before },
    60_000,
  );
  const active = await observer.session(known, ({ phase }) => phase === 'Active', 'the session to be Active');
  const worker = await workerMoments(stage, active);
  const discord = discordMoments(await simulator.events(), applicationId, before, offset);
  await simulator.command(gameMaster, guildId, textChannelId, 'session stop');
  await observer.session(known, ({ phase }) => phase === 'Ended' || phase === 'Failed', 'the session to end');
  const { created, claimed, admitted, jobCreated, podCreated, scheduled } = active;
  const wasWarm = claimed !== undefined;
  if (wasWarm !== (kind === 'warm')) {
    throw new Error(`a ${kind} start was wanted, and session ${active.name} had Job ${active.jobName}`);
  }
  const seen = { created, claimed, admitted, jobCreated, podCreated, scheduled, ...worker, ...discord };
  return {
    ...Object.fromEntries(Object.entries(seen).filter(([, at]) => at !== undefined)),
    command: before + offset,
    listening: listening.at + offset,
  };
}

const DISCORD = ['opcode4', 'voiceServerUpdate', 'voiceIdentify', 'voiceUdpReady', 'daveKeyPackage'] as const;

/** What Discord saw of the bot, each for the first time since the command. */
function discordMoments(
  events: readonly TimelineEvent[],
  userId: string,
  after: number,
  offset: number,
): Partial<Record<(typeof DISCORD)[number], number>> {
  const found = DISCORD.flatMap((kind) => {
    const event = events.find((one) => one.kind === kind && one.at > after && one.userId === userId);
    return event === undefined ? [] : [[kind, event.at + offset] as const];
  });
  return Object.fromEntries(found);
}

/** What the worker's own lines say; a warm worker started long before. */
async function workerMoments(
  { kubectl, namespace }: Stage,
  { podName, claimed }: Sighting,
): Promise<{ exec?: number; attached?: number; configured?: number }> {
  if (podName === undefined) return {};
  const text = await kubectl.run(['logs', podName, '--namespace', namespace, '--container', 'worker']);
  const lines = text.split('\n').flatMap(parse);
  const at = (words: string): number | undefined => lines.find(({ msg }) => msg === words)?.at;
  const connected = lines.find(({ msg }) => msg === 'Connected to the gateway');
  const attached = at('Attached to the gateway');
  const configured = at('The session begins');
  return {
    ...(claimed !== undefined || connected?.sinceExecMs === undefined
      ? {}
      : { exec: connected.at - connected.sinceExecMs }),
    ...(claimed !== undefined || attached === undefined ? {} : { attached }),
    ...(configured === undefined ? {} : { configured }),
  };
}

interface Line {
  readonly at: number;
  readonly msg: string;
  readonly sinceExecMs: number | undefined;
}

function parse(text: string): Line[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const { time, msg, sinceExecMs } = value as Record<string, unknown>;
  if (typeof msg !== 'string') return [];
  const at = typeof time === 'number' ? time : Date.parse(String(time));
  return [{ at, msg, sinceExecMs: typeof sinceExecMs === 'number' ? sinceExecMs : undefined }];
}
