import { expect, test } from 'vitest';
import type { SearchHit } from '../../../src/store/index.ts';
import { messagesFor } from '../../messages/catalogue.ts';
import { describeResult, searchIn } from './page.ts';

const en = messagesFor('en');

const hit = (text: string, found = 'dragon'): SearchHit => ({
  speaker: 'Gre*ta',
  speakerKind: 'npc',
  startedAt: new Date('2026-01-01T20:00:00Z'),
  session: 'friday',
  campaign: 'village',
  pieces: [
    { text, found: false },
    { text: found, found: true },
    { text: ' again', found: false },
  ],
});

test('who, when, in which session, with what was found in bold', () => {
  const search = { query: 'dragon', speaker: undefined, session: undefined };
  const answer = describeResult(search, { total: 1, hits: [hit('the *red* ')] }, 0, 99, en);
  expect(answer.embeds?.[0]?.description).toBe(
    '**Gre\\*ta** · <t:1767297600:f> · friday\n> the \\*red\\* **dragon** again',
  );
  expect(answer.components).toEqual([]);
});

test('what was searched for can be read from a page', () => {
  for (const speaker of [undefined, 'Greta']) {
    for (const session of [undefined, 'friday']) {
      const search = { query: '"a dragon" -red', speaker, session };
      const { embeds = [], components = [] } = describeResult(
        search,
        { total: 20, hits: [hit('a ')] },
        1,
        99,
        en,
      );
      const [row] = components;
      const ids = row?.components.map((button) => ('custom_id' in button ? button.custom_id : ''));
      expect(ids?.map((id) => id.split(':').at(-1))).toEqual(['0', '2']);
      expect(searchIn(ids?.[0]?.split(':')[2] ?? '', embeds)).toEqual(search);
    }
  }
  expect(searchIn('q', [])).toBeUndefined();
  expect(searchIn('', [{ fields: [{ name: 'a', value: 'b' }] }])).toBeUndefined();
});

test('six long hits fit into a message', () => {
  const hits = Array.from({ length: 6 }, () => hit('*'.repeat(2000), '_'.repeat(2000)));
  const search = { query: 'q'.repeat(200), speaker: 's'.repeat(100), session: 'i'.repeat(253) };
  const { embeds = [] } = describeResult(search, { total: 999, hits }, 5, 99, messagesFor('de'));
  const [embed] = embeds;
  expect(embed?.description?.length).toBeLessThanOrEqual(4096);
  expect(JSON.stringify(embeds).length).toBeLessThan(6000);
});
