import opus from '@discordjs/opus';
import { expect, test } from 'vitest';
import { SILENCE_FRAME } from '../../../test/discord/voice/rtp.ts';
import { livekitMarkdown } from './report.ts';
import { summarise } from './results.ts';
import type { Round } from './round.ts';
import { Ear, firstAfter, silentAfter } from './sound.ts';

const encoder = new opus.OpusEncoder(48_000, 2);
const tone = (loudness: number): Buffer => {
  const pcm = Buffer.alloc(960 * 4);
  for (let index = 0; index < 960 * 2; index++) {
    pcm.writeInt16LE(Math.round(loudness * 32_767 * Math.sin(index / 20)), index * 2);
  }
  return encoder.encode(pcm);
};

test('only packets that can be heard are sound: not silence frames, and nothing that is quieter than a pause', () => {
  const packets = [
    SILENCE_FRAME,
    tone(0.3),
    tone(0.3),
    tone(0.000_1),
    tone(0.000_1),
    tone(0.000_1),
    SILENCE_FRAME,
  ];
  const ear = new Ear();
  for (const [index, packet] of packets.entries()) ear.hear({ at: index * 20, opus: packet });
  const { sounds } = ear;
  expect(sounds).toContain(20);
  expect(sounds).toContain(40);
  expect(sounds).not.toContain(0);
  expect(sounds.at(-1)).toBeLessThan(100);
});

test('an answer begins with the first sound after the question', () => {
  expect(firstAfter([100, 120, 900, 920], 500)).toBe(900);
  expect(firstAfter([100, 120], 500)).toBeUndefined();
});

test('an interrupted speech ends before its first pause, whatever comes later', () => {
  const said = { firstAt: 510, lastAt: 3000 };
  expect(silentAfter([480, 500, 520, 540, 1400, 1420], said)).toBe(30);
  expect(silentAfter([500, 880, 1270, 2000], said)).toBe(760);
});

test('who was not speaking, or speaks on, was not interrupted', () => {
  const said = { firstAt: 510, lastAt: 1500 };
  expect(silentAfter([480, 500], said)).toBeUndefined();
  expect(silentAfter([100, 520, 540], said)).toBeUndefined();
  expect(silentAfter([], said)).toBeUndefined();
  expect(silentAfter([500, 880, 1270, 1600, 1900], said)).toBeUndefined();
});

const round = (responsesMs: number[], change: Partial<Round> = {}): Round => ({
  responsesMs,
  missed: 0,
  wrong: 0,
  bargeInsMs: [250, 300],
  ignored: 0,
  cpu: { talking: 4, listening: 2, silent: 0.5 },
  pssMB: 100,
  ...change,
});

test('ratios are taken within a round, LiveKit over Skald, with the least and the most of them', () => {
  const results = summarise(
    {
      skald: [round([1040, 1060]), round([1100])],
      default: [round([1575], { missed: 1 }), round([1650], { wrong: 2 })],
      equal: [round([1310]), round([1430])],
    },
    {},
  );
  expect(results.ratios.default.response).toEqual({ median: 1.5, least: 1.5, most: 1.5 });
  // 1310 - 1020 over 1050 - 1020, and 1430 - 1020 over 1100 - 1020.
  expect(results.ratios.equal.ownShare).toEqual({ median: 7.4, least: 5.13, most: 9.67 });
  expect(results.ratios.default.ownShare).toBeUndefined();
  expect(results.skald).toMatchObject({
    turns: 3,
    responseP50Ms: 1060,
    responseMostMs: 1100,
    ownShareP50Ms: 40,
  });
  expect(results.default).toMatchObject({ turns: 2, missed: 1, wrong: 2 });
  expect(results.default.ownShareP50Ms).toBeUndefined();
});

test('a contender that answered nothing has no figures and no ratios', () => {
  const nothing = round([], { missed: 3, bargeInsMs: [], ignored: 2 });
  const { equal, ratios } = summarise(
    { skald: [round([1000])], default: [round([1000])], equal: [nothing] },
    {},
  );
  expect(equal).toMatchObject({
    turns: 0,
    missed: 3,
    ignored: 2,
    responseP50Ms: null,
    responseMostMs: null,
    bargeInP95Ms: null,
  });
  expect(ratios.equal.response).toBeUndefined();
});

test('the table has what was measured, and says what was not', () => {
  const results = summarise(
    { skald: [round([1040])], default: [round([1560])], equal: [round([], { missed: 3 })] },
    { 'livekit-server': 'v1.8.4' },
  );
  const text = livekitMarkdown(results).join('\n');
  expect(text).toContain(
    '| response p50 / p95, ms | 1040 / 1040 | none / none |  | 1560 / 1560 | 1.5x (1.5 to 1.5) |',
  );
  expect(text).toContain('| own share p50 / p95, ms | 20 / 20 |  |  |  |  |');
  expect(text).toContain('0 of 3 questions');
  expect(text).toContain('livekit-server v1.8.4');
  expect(livekitMarkdown({ skipped: 'no Go here' })).toEqual(['LiveKit was not measured: no Go here']);
});
