import type { Messages } from '../../messages/catalogue.ts';
import type { Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { type Table, tableOf } from './table.ts';

/** Of an embed's description, characters, less room for the line that says how many are left out. */
const MOST_TEXT = 4_000;

/** `/npc list`: who is at the table, to the asker alone. */
export const list: Subcommand = {
  name: 'list',
  describe: (builder) => describeIn(builder, ({ npc }) => npc.command.list),
  run: async ({ host, guildId, messages, reply }) => {
    const table = host.ready ? tableOf(host, guildId) : undefined;
    if (table === undefined) {
      const { starting, nothingRuns } = messages.refusal;
      await reply.send(host.ready ? nothingRuns : starting, { ephemeral: true });
      return;
    }
    const title = messages.npc.list.title(table.campaign);
    await reply.send(
      { embeds: [{ title, description: describeTable(table, messages) }] },
      { ephemeral: true },
    );
  },
};

export function describeTable({ npcs, strangers, stage, campaign }: Table, { npc }: Messages): string {
  const lines = npcs.map(({ name, title, muted }) => npc.list.line(name, title, muted));
  if (lines.length === 0) lines.push(npc.noCharacters(campaign));
  const notes = [
    ...(stage === 'playing' ? [] : [npc.list[stage]]),
    ...(strangers.length === 0 ? [] : [npc.list.strangers(strangers)]),
  ];
  const after = notes.length === 0 ? '' : `\n\n${notes.join('\n')}`;
  let shown = lines.length;
  const text = (): string => {
    const more = shown === lines.length ? [] : [npc.list.more(lines.length - shown)];
    return [...lines.slice(0, shown), ...more].join('\n') + after;
  };
  while (shown > 0 && text().length > MOST_TEXT) shown -= 1;
  return text();
}
