/**
 * Who is silent is `spec.mutedNpcs` of the VoiceSession: what is set here, with kubectl or from a repository is one and
 * the same, and the worker gets it as part of its configuration.
 */
import type { Messages } from '../../messages/catalogue.ts';
import type { MuteChange } from '../../tenants/session-store.ts';
import type { ComponentHandler, Interacting, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { findNpc, npcChoices } from './find.ts';
import { type Table, tableOf } from './table.ts';

/** What is to change, with the sentence for when it is done; or why nothing is. */
type Plan = { readonly refusal: string } | { readonly change: MuteChange; readonly done: string };

/** @param typed the NPC's name, where the command has one */
type Planner = (table: Table, messages: Messages, typed: string) => Plan;

const planMute: Planner = (table, messages, typed) => {
  const { npc: texts } = messages;
  return withNpc(table, messages, typed, ({ name, muted }) =>
    muted ? { refusal: texts.alreadyMuted(name) } : { change: { mute: [name] }, done: texts.muted(name) },
  );
};

const planUnmute: Planner = (table, messages, typed) => {
  const { npc: texts } = messages;
  // One that the campaign has no more can be in the list all the same.
  if (table.strangers.includes(typed)) return { change: { unmute: [typed] }, done: texts.unmuted(typed) };
  return withNpc(table, messages, typed, ({ name, muted }) =>
    muted ? { change: { unmute: [name] }, done: texts.unmuted(name) } : { refusal: texts.notMuted(name) },
  );
};

const planMuteAll: Planner = ({ npcs, campaign, strangers }, { npc: texts }) => {
  if (npcs.length === 0) return { refusal: texts.noCharacters(campaign) };
  if (npcs.every(({ muted }) => muted)) return { refusal: texts.allMutedAlready(campaign) };
  // The list has room for as many as a campaign can have, and no more.
  return {
    change: { mute: npcs.map(({ name }) => name), unmute: strangers },
    done: texts.allMuted(campaign),
  };
};

const planUnmuteAll: Planner = ({ npcs, campaign, strangers }, { npc: texts }) => {
  const muted = [...npcs.filter((npc) => npc.muted).map(({ name }) => name), ...strangers];
  if (muted.length === 0) return { refusal: texts.noneMuted(campaign) };
  return { change: { unmute: muted }, done: texts.allUnmuted(campaign) };
};

function withNpc(
  table: Table,
  { npc: texts }: Messages,
  typed: string,
  plan: (npc: Table['npcs'][number]) => Plan,
): Plan {
  const meant = findNpc(typed, table.npcs);
  return 'npc' in meant ? plan(meant.npc) : { refusal: unknownText(typed, table, meant.suggestions, texts) };
}

export function unknownText(
  typed: string,
  { campaign, npcs }: Pick<Table, 'campaign' | 'npcs'>,
  suggestions: readonly string[],
  texts: Messages['npc'],
): string {
  if (npcs.length === 0) return texts.noCharacters(campaign);
  if (suggestions.length > 0) return texts.didYouMean(typed, campaign, suggestions);
  return texts.unknown(
    typed,
    campaign,
    npcs.map(({ name }) => name),
  );
}

/** @param sessionName of the session that is meant; undefined: the one that runs */
async function change(
  { host, guildId, messages, reply, log }: Interacting,
  planner: Planner,
  typed = '',
  sessionName?: string,
): Promise<void> {
  const refuse = (text: string): Promise<void> => reply.send(text, { ephemeral: true });
  const { refusal, npc: texts } = messages;
  if (!host.ready) return await refuse(refusal.starting);
  const table = tableOf(host, guildId);
  if (table === undefined) return await refuse(refusal.nothingRuns);
  const { session, stage, campaign } = table;
  if (sessionName !== undefined && sessionName !== session.metadata.name)
    return await refuse(texts.otherSession);
  if (stage === 'ending') return await refuse(texts.ending(campaign));
  const plan = planner(table, messages, typed);
  if ('refusal' in plan) return await refuse(plan.refusal);
  await reply.defer({ ephemeral: true });
  const written = await host.setMutes(session, plan.change);
  if (written === undefined) {
    reply.edit(texts.gone);
    return;
  }
  log.info({ session: session.metadata.name, ...plan.change }, 'Mutes changed from Discord');
  reply.edit(stage === 'joining' ? `${plan.done}${texts.fromTheStart}` : plan.done);
}

export const mute = ofOne('mute', planMute, false);
export const unmute = ofOne('unmute', planUnmute, true);
export const muteall = ofAll('muteall', planMuteAll);
export const unmuteall = ofAll('unmuteall', planUnmuteAll);

/** Buttons `npc:muteall[:<session>]` and `npc:unmuteall[:<session>]`: what the commands of that name do. */
export const muteButtons: readonly ComponentHandler[] = [
  { action: 'muteall', run: (invocation) => change(invocation, planMuteAll, '', invocation.args[0]) },
  { action: 'unmuteall', run: (invocation) => change(invocation, planUnmuteAll, '', invocation.args[0]) },
];

/** @param offered whether those that are muted are offered while the name is typed, or those that are not */
function ofOne(name: 'mute' | 'unmute', planner: Planner, offered: boolean): Subcommand {
  return {
    name,
    describe: (builder) => {
      describeIn(builder, ({ npc }) => npc.command[name]);
      builder.addStringOption((option) => {
        describeIn(option, ({ npc }) => npc.command.npcOption);
        return option.setName('npc').setRequired(true).setAutocomplete(true).setMaxLength(64);
      });
    },
    complete: ({ host, guildId, typed }) =>
      npcChoices(
        typed,
        (tableOf(host, guildId)?.npcs ?? []).filter(({ muted }) => muted === offered),
      ),
    run: (invocation) => change(invocation, planner, invocation.options.get('npc')),
  };
}

function ofAll(name: 'muteall' | 'unmuteall', planner: Planner): Subcommand {
  return {
    name,
    describe: (builder) => describeIn(builder, ({ npc }) => npc.command[name]),
    run: (invocation) => change(invocation, planner),
  };
}
