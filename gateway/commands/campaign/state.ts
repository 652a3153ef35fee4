/** What can be said of a campaign from the caches. */
import { findCondition } from '../../../src/api/conditions.ts';
import type { Campaign, VoiceSession } from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import type { Messages } from '../../messages/catalogue.ts';
import type { Choice, CommandHost } from '../command.ts';
import { stageOf } from '../running.ts';
import { isLive } from '../session/progress.ts';

export function titleOf({ metadata, spec }: Live<Campaign>): string {
  return spec.title ?? metadata.name;
}

/** Undefined: it can be played. The operator has looked at exactly what it is now, and says what is wrong. */
export function obstacleOf({ metadata, status }: Live<Campaign>, { campaign }: Messages): string | undefined {
  const ready = findCondition(status?.conditions, 'Ready');
  if (ready === undefined || ready.observedGeneration !== metadata.generation) return campaign.unchecked;
  if (ready.status === 'True') return undefined;
  return campaign.broken(ready.message === '' ? campaign.brokenSomehow : withoutStop(ready.message));
}

/** The session in which it is played now, or will be. */
export function sessionOf(
  host: Pick<CommandHost, 'sessions'>,
  { metadata }: Live<Campaign>,
): Live<VoiceSession> | undefined {
  return host
    .sessions()
    .filter(({ spec }) => spec.mode === 'Live' && spec.campaignRef.name === metadata.name)
    .filter((session) => isLive(session))
    .sort((left, right) => STAGES.indexOf(stageOf(left)) - STAGES.indexOf(stageOf(right)))[0];
}

const STAGES = ['playing', 'joining', 'ending'];

/** Whether it runs, and where: of another server nothing but that is told. */
export function runsText(
  session: Live<VoiceSession> | undefined,
  guildId: string,
  { campaign }: Messages,
): string | undefined {
  if (session === undefined) return undefined;
  if (session.spec.guildId !== guildId) return campaign.runsElsewhere;
  return campaign.runsHere(session.spec.voiceChannelId);
}

/** By title or name. */
export function campaignChoices(host: Pick<CommandHost, 'campaigns'>, typed: string): Choice[] {
  const wanted = typed.toLowerCase();
  return host
    .campaigns()
    .filter((one) => `${one.metadata.name} ${one.spec.title ?? ''}`.toLowerCase().includes(wanted))
    .map((one) => ({ name: titleOf(one).slice(0, 100), value: one.metadata.name }))
    .filter(({ value }) => value.length <= 100)
    .sort((left, right) => left.name.localeCompare(right.name));
}

/** By name, else by title whatever its capitals; else a sentence that says which there are. */
export function findCampaign(
  host: Pick<CommandHost, 'campaigns'>,
  typed: string,
  { refusal }: Messages,
): { readonly campaign: Live<Campaign> } | { readonly refusal: string } {
  const all = host.campaigns();
  const wanted = typed.trim().toLowerCase();
  const campaign =
    all.find(({ metadata }) => metadata.name === typed) ??
    all.find((one) => titleOf(one).toLowerCase() === wanted || one.metadata.name === wanted);
  if (campaign !== undefined) return { campaign };
  return { refusal: refusal.unknownCampaign(typed, all.map(({ metadata }) => metadata.name).sort()) };
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}
