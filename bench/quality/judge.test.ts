import { expect, test } from 'vitest';
import { judge, type Row, type SpokenLine } from './judge.ts';
import type { Kind } from './scene.ts';

const line = (kind: Kind, npc: string | undefined, at: number, userId = '1'): SpokenLine => ({
  line: { kind, by: 'robin', text: `said at ${at}`, npc },
  userId,
  startedAt: at * 1000,
  endedAt: at * 1000 + 2000,
});

const player = (at: number, turn: string, userId = '1'): Row => ({
  speakerKind: 'player',
  speakerId: userId,
  speakerName: 'Robin',
  startedAt: new Date(at * 1000 - 300),
  endedAt: new Date(at * 1000 + 2100),
  text: `heard at ${at}`,
  correlationId: turn,
});

const npc = (name: string, turn: string, interrupted = false): Row => ({
  speakerKind: 'npc',
  speakerId: name,
  speakerName: name,
  startedAt: new Date(0),
  endedAt: new Date(0),
  text: 'an answer',
  interrupted,
  correlationId: turn,
});

const faults = (spoken: readonly SpokenLine[], rows: readonly Row[]) =>
  judge(spoken, rows).map((one) => one.faults);

test('the one who was meant answers', () => {
  expect(faults([line('named', 'Greta', 10)], [player(10, 'a'), npc('Greta', 'a')])).toEqual([[]]);
});

test('another one, nobody, or somebody to whom nothing was said', () => {
  expect(faults([line('named', 'Greta', 10)], [player(10, 'a'), npc('Bruno', 'a')])).toEqual([
    ['wrong answer', 'no answer'],
  ]);
  expect(faults([line('named', 'Greta', 10)], [player(10, 'a')])).toEqual([['no answer']]);
  expect(faults([line('nobody', undefined, 10)], [player(10, 'a'), npc('Bruno', 'a')])).toEqual([
    ['wrong answer'],
  ]);
});

test('what was not heard, and what was heard in pieces', () => {
  expect(faults([line('nobody', undefined, 10)], [])).toEqual([['missed']]);
  expect(faults([line('backchannel', undefined, 10)], [])).toEqual([[]]);
  expect(
    faults([line('pause', 'Greta', 10)], [player(10, 'a'), player(10.5, 'b'), npc('Greta', 'b')]),
  ).toEqual([['split']]);
});

test('what another person said at the same time is not this one’s', () => {
  const spoken = [line('named', 'Greta', 10), line('overlap', 'Bruno', 10, '2')];
  const rows = [player(10, 'a'), player(10, 'b', '2'), npc('Greta', 'a'), npc('Bruno', 'b')];
  expect(faults(spoken, rows)).toEqual([[], []]);
});

test('an answer is cut by a barge-in, and by nothing else', () => {
  const bargeIn = [line('named', 'Greta', 10), line('barge-in', 'Bruno', 14)];
  const rows = (cut: boolean) => [
    player(10, 'a'),
    npc('Greta', 'a', cut),
    player(14, 'b'),
    npc('Bruno', 'b'),
  ];
  expect(faults(bargeIn, rows(true))).toEqual([[], []]);
  expect(faults(bargeIn, rows(false))).toEqual([[], ['not cut']]);
  const backchannel = [line('named', 'Greta', 10), line('backchannel', undefined, 14)];
  expect(faults(backchannel, rows(true).slice(0, 2))).toEqual([['cut wrongly'], []]);
});
