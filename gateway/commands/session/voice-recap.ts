import type { Campaign, VoiceSession } from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import { StoreError } from '../../../src/store/index.ts';
import type { Invocation, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession, stageOf } from '../running.ts';
import { recapOf } from './recap-request.ts';
import { sessionChoices, voiceRecapTarget } from './recap-target.ts';
import { splitText } from './split-text.ts';

/** Characters that are said at a time: half a minute, after which somebody may have stopped it. */
const PIECE = 500;

/** `/session voice-recap [session]`: told in the voice channel by one of those who are in it. */
export const voiceRecap: Subcommand = {
  name: 'voice-recap',
  describe: (builder) => {
    describeIn(builder, (messages) => messages.recap.command.voiceRecap);
    builder.addStringOption((option) => {
      describeIn(option, (messages) => messages.recap.command.sessionOption);
      return option.setName('session').setAutocomplete(true).setMaxLength(63);
    });
  },
  complete: (completion) => sessionChoices(completion),
  run: async (invocation) => {
    const { host, messages, reply, options, log } = invocation;
    const plan = planTelling(invocation);
    if ('refusal' in plan) {
      await reply.send(plan.refusal, { ephemeral: true });
      return;
    }
    const database = host.database();
    if (database === undefined) {
      await reply.send(messages.refusal.databaseUnavailable, { ephemeral: true });
      return;
    }
    await reply.defer();
    const texts = invocation.publicMessages.recap;
    try {
      const { session: table } = plan;
      const target = await voiceRecapTarget(invocation, database, {
        name: options.get('session'),
        running: table.metadata.uid,
        campaign: table.spec.campaignRef.name,
      });
      if ('refusal' in target) {
        reply.edit(target.refusal);
        return;
      }
      const { name } = target.session;
      const answer = await recapOf(invocation, database, target.session, () =>
        reply.edit(texts.writing(name)),
      );
      if ('refusal' in answer) reply.edit(answer.refusal);
      else reply.edit(await tell(invocation, table, name, answer.recap.text));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn({ err: error }, 'The database does not answer');
      reply.edit(messages.refusal.databaseUnavailable);
    }
  },
};

type Plan = { readonly refusal: string } | { readonly session: Live<VoiceSession> };

function planTelling({ host, guildId, messages }: Invocation): Plan {
  if (!host.ready) return { refusal: messages.refusal.starting };
  const session = runningSession(host, guildId);
  if (session === undefined) return { refusal: messages.refusal.nothingRuns };
  const { name } = session.spec.campaignRef;
  const campaign = campaignOf(host.campaigns(), name);
  const title = campaign?.spec.title ?? name;
  const stage = stageOf(session);
  if (stage === 'joining') return { refusal: messages.recap.voice.stillJoining(title) };
  if (stage === 'ending') return { refusal: messages.recap.voice.ending(title) };
  return narratorOf(session, campaign) === undefined
    ? { refusal: messages.recap.voice.allMuted }
    : { session };
}

/** Tells it piece by piece. @returns what became of it */
async function tell(
  invocation: Invocation,
  table: Live<VoiceSession>,
  name: string,
  text: string,
): Promise<string> {
  const { host, guildId, publicMessages, reply, log, correlationId } = invocation;
  const texts = publicMessages.recap.voice;
  // It may have taken minutes to write: who is silent now may not have been before.
  const campaign = campaignOf(host.campaigns(), table.spec.campaignRef.name);
  const npc = narratorOf(runningSession(host, guildId) ?? table, campaign);
  if (npc === undefined) return texts.allMuted;
  reply.edit(texts.tells(npc, name));
  for (const piece of splitText(text.replaceAll(/[*_`#>]/g, ''), PIECE)) {
    const now = runningSession(host, guildId);
    if (now?.metadata.uid !== table.metadata.uid || stageOf(now) !== 'playing') return texts.over;
    if (now.spec.mutedNpcs?.includes(npc)) return texts.muted(npc);
    const outcome = await host.speak(now, { npc, text: piece, correlationId });
    if (outcome.spoken) continue;
    const { reason, detail } = outcome;
    log.info({ session: table.metadata.name, npc, reason, detail }, 'A recap was not told to its end');
    if (reason === 'Interrupted') return texts.interrupted(npc);
    if (reason === 'Muted') return texts.muted(npc);
    return reason === 'Ending' ? texts.over : texts.failed(npc);
  }
  return texts.told(npc, name);
}

/** The game master's helper, where the campaign has one that may speak; else the first who may. */
export function narratorOf(
  { spec }: Pick<VoiceSession, 'spec'>,
  campaign: Pick<Campaign, 'spec'> | undefined,
): string | undefined {
  const able = (campaign?.spec.npcs ?? []).filter(({ name }) => !spec.mutedNpcs?.includes(name));
  return (able.find(({ gameMasterHelper }) => gameMasterHelper) ?? able[0])?.name;
}

function campaignOf(campaigns: readonly Live<Campaign>[], name: string): Live<Campaign> | undefined {
  return campaigns.find(({ metadata }) => metadata.name === name);
}
