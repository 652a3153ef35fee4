/** One page of what was found, and what was searched for, read from such a page. Pure. */
import { escapeMarkdown, time } from '@discordjs/builders';
import { type APIEmbed, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { SearchHit, SearchResult } from '../../../src/store/index.ts';
import type { Messages } from '../../messages/catalogue.ts';
import { type Answer, customId } from '../answer.ts';

export const PER_PAGE = 6;

/** Characters of one hit: six of them and what is around fit into an embed. */
const LONGEST_HIT = 600;

export interface Search {
  readonly query: string;
  readonly speaker: string | undefined;
  readonly session: string | undefined;
}

/** Letters for the fields of the embed, in their order. */
const FIELDS = { query: 'q', speaker: 's', session: 'i' } as const;

export function describeResult(
  search: Search,
  { total, hits }: SearchResult,
  page: number,
  lastPage: number,
  messages: Messages,
): Answer {
  const { search: words } = messages;
  const pages = Math.ceil(total / PER_PAGE);
  const given = (['query', 'speaker', 'session'] as const).flatMap((name) => {
    const value = search[name];
    return value === undefined ? [] : [{ name, value }];
  });
  const letters = given.map(({ name }) => FIELDS[name]).join('');
  const button = (to: number, label: string) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    label,
    custom_id: customId('search', 'page', letters, String(to)),
    disabled: to < 0 || to >= pages || to > lastPage,
  });
  return {
    embeds: [
      {
        title: words.title,
        description: hits.map(hitText).join('\n\n'),
        fields: given.map(({ name, value }) => ({ name: words[name], value, inline: true })),
        footer: { text: words.footer(String(page + 1), String(pages), String(total)) },
      },
    ],
    components:
      pages <= 1
        ? []
        : [
            {
              type: ComponentType.ActionRow,
              components: [button(page - 1, words.previous), button(page + 1, words.next)],
            },
          ],
  };
}

/** @param letters which fields the embed has; undefined: it is none of these pages */
export function searchIn(letters: string, embeds: readonly APIEmbed[]): Search | undefined {
  const fields = embeds[0]?.fields ?? [];
  const fieldOf = (letter: string): string | undefined => {
    const index = letters.indexOf(letter);
    return index < 0 ? undefined : fields[index]?.value;
  };
  const query = fieldOf(FIELDS.query);
  if (query === undefined) return undefined;
  return { query, speaker: fieldOf(FIELDS.speaker), session: fieldOf(FIELDS.session) };
}

function hitText({ speaker, startedAt, session, pieces }: SearchHit): string {
  const head = `**${escapeMarkdown(speaker.slice(0, 80))}** · ${time(startedAt, 'f')} · ${escapeMarkdown(session.slice(0, 80))}`;
  let text = '';
  for (const piece of pieces) {
    const plain = escapeMarkdown(piece.text.replaceAll(/\s+/g, ' '));
    const next = piece.found ? `**${plain}**` : plain;
    if (text.length + next.length > LONGEST_HIT - head.length - 4) {
      // A mark is never cut in two.
      text += piece.found
        ? '…'
        : `${next.slice(0, Math.max(0, LONGEST_HIT - head.length - 5 - text.length))}…`;
      break;
    }
    text += next;
  }
  return `${head}\n> ${text}`;
}
