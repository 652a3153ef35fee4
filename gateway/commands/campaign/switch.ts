/**
 * `/campaign switch`: another campaign in the same channel. Two sessions cannot hold one server, so the first must have
 * ended before the second is made; what would keep the second from starting is therefore looked for first.
 */
import type { Campaign, VoiceSession } from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import type { CommandHost, Invocation, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession, stageOf } from '../running.ts';
import { isLive } from '../session/progress.ts';
import { beginSession, channelRefusal, newSession, notCreatedText } from '../session/start.ts';
import { campaignChoices, findCampaign, obstacleOf, sessionOf, titleOf } from './state.ts';

/** How long the first session may take to end, milliseconds: its NPC finishes the sentence, its pod goes. */
export const END_LIMIT_MS = 120_000;

export const switchCampaign: Subcommand = {
  name: 'switch',
  describe: (builder) => {
    describeIn(builder, ({ campaign }) => campaign.command.switch);
    builder.addStringOption((option) => {
      describeIn(option, ({ campaign }) => campaign.command.campaignOption);
      return option.setName('campaign').setRequired(true).setAutocomplete(true).setMaxLength(253);
    });
  },
  complete: ({ host, guildId, typed }) => {
    const running = runningSession(host, guildId)?.spec.campaignRef.name;
    return campaignChoices(host, typed).filter(({ value }) => value !== running);
  },
  run: async (invocation) => {
    const { host, messages, publicMessages, correlationId, reply, log } = invocation;
    const plan = planSwitch(invocation);
    if ('refusal' in plan) {
      await reply.send(plan.refusal, { ephemeral: true });
      return;
    }
    const { before, after, channelId } = plan;
    const beginning = { campaign: after.metadata.name, channelId };
    const names = [titleIn(host, before), titleOf(after)] as const;
    await reply.defer();
    try {
      await host.checkSession(newSession(invocation, beginning));
    } catch (error) {
      log.info({ err: error }, 'A switch was refused beforehand');
      const text = messages.campaign.switching.goesOn(notCreatedText(error, invocation));
      reply.edit(messages.interactions.withReference(text, correlationId));
      return;
    }
    try {
      await host.stopSession(before);
    } catch (error) {
      log.warn({ err: error, session: before.metadata.name }, 'A session could not be stopped');
      reply.edit(messages.campaign.switching.notStopped(names[0]));
      return;
    }
    log.info(
      { session: before.metadata.name, campaign: beginning.campaign },
      'Campaign switched from Discord',
    );
    reply.edit(publicMessages.campaign.switching.ends(...names));
    if (await ended(host, before)) await beginSession(invocation, beginning);
    else reply.edit(publicMessages.campaign.switching.notEnded(...names));
  },
};

type SwitchPlan =
  | { readonly refusal: string }
  | { readonly before: Live<VoiceSession>; readonly after: Live<Campaign>; readonly channelId: string };

/** Decides from the caches. */
function planSwitch({ host, guildId, options, messages }: Invocation): SwitchPlan {
  const texts = messages.campaign.switching;
  if (host.guilds.get(guildId) === undefined || !host.ready) return { refusal: messages.refusal.starting };
  const before = runningSession(host, guildId);
  if (before === undefined) return { refusal: texts.nothingRuns };
  if (stageOf(before) === 'ending') return { refusal: texts.ending };
  const found = findCampaign(host, options.get('campaign') ?? '', messages);
  if ('refusal' in found) return found;
  const { campaign: after } = found;
  const title = titleOf(after);
  if (before.spec.campaignRef.name === after.metadata.name) return { refusal: texts.same(title) };
  const obstacle = obstacleOf(after, messages);
  if (obstacle !== undefined) return { refusal: texts.notReady(title, obstacle) };
  if (sessionOf(host, after) !== undefined) return { refusal: texts.playedElsewhere(title) };
  const tenant = host.startRefusal();
  if (tenant !== undefined) return { refusal: texts.goesOn(messages.reasons[tenant]) };
  // Where the bot is now: somebody may have moved it.
  const channelId = host.guilds.botVoiceState(guildId)?.channelId ?? before.spec.voiceChannelId ?? '';
  const refusal = channelRefusal(host, guildId, channelId, messages);
  return refusal === undefined ? { before, after, channelId } : { refusal: texts.goesOn(refusal) };
}

function titleIn(host: Pick<CommandHost, 'campaigns'>, { spec }: VoiceSession): string {
  const { name } = spec.campaignRef;
  const campaign = host.campaigns().find(({ metadata }) => metadata.name === name);
  return campaign === undefined ? name : titleOf(campaign);
}

/** Whether it has ended in time. By then its claims are free. */
async function ended(
  host: Pick<CommandHost, 'followSession'>,
  session: Live<VoiceSession>,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const over = new AbortController();
  const timer = setTimeout(() => resolve(false), END_LIMIT_MS);
  host.followSession(session, over.signal, (current) => {
    if (current === undefined || !isLive(current)) resolve(true);
  });
  return await promise.finally(() => {
    clearTimeout(timer);
    over.abort();
  });
}
