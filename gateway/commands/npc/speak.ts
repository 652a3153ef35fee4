import type { Messages } from '../../messages/catalogue.ts';
import type { Invocation, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { findNpc, npcChoices } from './find.ts';
import { unknownText } from './mute.ts';
import { type Table, tableOf } from './table.ts';

/** Characters: about a minute of speech. */
export const MOST_SPOKEN = 1_000;

/** `/npc speak`: the game master's words in an NPC's voice. What became of them is told to the asker alone. */
export const speak: Subcommand = {
  name: 'speak',
  describe: (builder) => {
    describeIn(builder, ({ npc }) => npc.command.speak);
    builder.addStringOption((option) => {
      describeIn(option, ({ npc }) => npc.command.npcOption);
      return option.setName('npc').setRequired(true).setAutocomplete(true).setMaxLength(64);
    });
    builder.addStringOption((option) => {
      describeIn(option, ({ npc }) => npc.command.textOption);
      return option.setName('text').setRequired(true).setMaxLength(MOST_SPOKEN);
    });
  },
  complete: ({ host, guildId, typed }) =>
    npcChoices(
      typed,
      (tableOf(host, guildId)?.npcs ?? []).filter(({ muted }) => !muted),
    ),
  run: async (invocation) => {
    const { host, messages, correlationId, reply, log } = invocation;
    const plan = planSpeak(invocation);
    if ('refusal' in plan) {
      await reply.send(plan.refusal, { ephemeral: true });
      return;
    }
    const { session, npc, text } = plan;
    await reply.send(messages.npc.speaks(npc), { ephemeral: true });
    const outcome = await host.speak(session, { npc, text, correlationId });
    const name = session.metadata.name;
    if (outcome.spoken) {
      log.info({ session: name, npc }, 'Spoken from Discord');
      reply.edit(messages.npc.spoken(npc));
    } else {
      const { reason, detail } = outcome;
      log.info({ session: name, npc, reason, detail }, 'Not spoken from Discord');
      reply.edit(messages.npc.unspoken[reason](npc));
    }
  },
};

type SpeakPlan =
  | { readonly refusal: string }
  | { readonly session: Table['session']; readonly npc: string; readonly text: string };

function planSpeak({ host, guildId, options, messages }: Invocation): SpeakPlan {
  const { refusal, npc: texts } = messages;
  if (!host.ready) return { refusal: refusal.starting };
  const table = tableOf(host, guildId);
  if (table === undefined) return { refusal: refusal.nothingRuns };
  const notYet = stageRefusal(table, texts);
  if (notYet !== undefined) return { refusal: notYet };
  const typed = options.get('npc') ?? '';
  const meant = findNpc(typed, table.npcs);
  if (!('npc' in meant)) return { refusal: unknownText(typed, table, meant.suggestions, texts) };
  const { name, muted } = meant.npc;
  if (muted) return { refusal: texts.unspoken.Muted(name) };
  const text = (options.get('text') ?? '').trim();
  if (text === '') return { refusal: texts.noText };
  if (text.length > MOST_SPOKEN) return { refusal: texts.tooLong(text.length, MOST_SPOKEN) };
  return { session: table.session, npc: name, text };
}

function stageRefusal({ stage, campaign }: Table, texts: Messages['npc']): string | undefined {
  if (stage === 'joining') return texts.stillJoining(campaign);
  return stage === 'ending' ? texts.ending(campaign) : undefined;
}
