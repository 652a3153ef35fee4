import { describe, expect, test } from 'vitest';
import type { TranscriptSegment } from '../store/index.ts';
import { json } from './json.ts';
import { markdown } from './markdown.ts';
import { text } from './text.ts';
import type { Transcript } from './transcript.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 20, minutes));

function said(
  minutes: number,
  speakerName: string,
  words: string,
  change: Partial<TranscriptSegment> = {},
): TranscriptSegment {
  return {
    id: `id-${minutes}`,
    sessionUid: 'uid',
    startedAt: at(minutes),
    endedAt: at(minutes),
    speakerKind: 'player',
    speakerId: '7',
    speakerName,
    text: words,
    ...change,
  };
}

const npc = { speakerKind: 'npc', speakerId: 'Greta' } as const;
const EVENING = [
  said(0, 'Alice', 'Greta, is the bridge\nsafe?', { addressedNpc: 'Greta', correlationId: 'turn-1' }),
  said(1, 'Greta', 'Safe as my *ale*, which', { ...npc, interrupted: true, correlationId: 'turn-1' }),
  said(2, '', ''),
  said(45, '**Bob** <b>', '# I cross\u001b[31m it.'),
];

function transcript(segments: readonly TranscriptSegment[] = EVENING): Transcript {
  async function* stream() {
    yield* segments;
  }
  return {
    session: {
      uid: 'uid',
      namespace: 'skald-demo',
      name: 'friday',
      campaign: 'village',
      guildId: '1',
      startedAt: at(0),
      endedAt: at(50),
    },
    speakers: [
      { kind: 'npc', name: 'Greta' },
      { kind: 'player', name: 'Alice' },
    ],
    segments: stream(),
  };
}

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const piece of pieces) all += piece;
  return all;
}

describe('markdown', () => {
  test('reads as a play; erased words are shown as such, and nothing that people said is markup', async () => {
    expect(await whole(markdown(transcript()))).toBe(`# village: friday

*2026-01-01 20:00 to 2026-01-01 20:50 (UTC)*

Players: Alice  
Characters: Greta

---

*20:00*

**Alice** *(to Greta)*: Greta, is the bridge safe?

**Greta**: Safe as my \\*ale\\*, which *(is interrupted)*

*Somebody spoke; it was erased at their wish.*

*20:45*

**\\*\\*Bob\\*\\* \\<b\\>**: \\# I cross\u001b\\[31m it.
`);
  });

  test('of a session that runs, and of one in which nothing was said', async () => {
    const empty = transcript([]);
    const running = { ...empty, speakers: [], session: { ...empty.session, endedAt: undefined } };
    const written = await whole(markdown(running));
    expect(written).toContain('to not over yet (UTC)');
    expect(written).toContain('Players: nobody');
    expect(written).toContain('Nothing was written down.');
  });
});

test('text has a line for each utterance, which no terminal obeys', async () => {
  expect((await whole(text(transcript()))).split('\n')).toEqual([
    '2026-01-01 20:00:00  Alice to Greta: Greta, is the bridge safe?',
    '2026-01-01 20:01:00  Greta: Safe as my *ale*, which (is interrupted)',
    '2026-01-01 20:02:00  (erased at the wish of whoever said it)',
    '2026-01-01 20:45:00  **Bob** <b>: # I cross [31m it.',
    '',
  ]);
});

test('json is one object, whole or empty', async () => {
  expect(JSON.parse(await whole(json(transcript([]))))).toMatchObject({ segments: [] });
  const parsed = JSON.parse(await whole(json(transcript())));
  expect(parsed).toMatchObject({
    schema: 'skald.dev/transcript/v1',
    session: { name: 'friday', campaign: 'village', startedAt: '2026-01-01T20:00:00.000Z', endReason: null },
  });
  expect(parsed.segments[0]).toEqual({
    id: 'id-0',
    startedAt: '2026-01-01T20:00:00.000Z',
    endedAt: '2026-01-01T20:00:00.000Z',
    speaker: { kind: 'player', id: '7', name: 'Alice' },
    to: 'Greta',
    text: 'Greta, is the bridge\nsafe?',
    erased: false,
    interrupted: false,
    language: null,
    turn: 'turn-1',
    models: [],
    build: null,
    configRevision: null,
  });
  expect(parsed.segments[2]).toMatchObject({ speaker: null, text: null, erased: true });
});
