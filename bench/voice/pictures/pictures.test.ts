import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gradient, png } from './png.ts';
import { marksOf } from './record-turn.ts';
import { powerSpectrum, spectrogram } from './spectrogram.ts';
import { drawTurn, placed } from './turn-picture.ts';

const sine = (hertz: number, rate: number, seconds: number): Int16Array =>
  Int16Array.from(
    { length: rate * seconds },
    (_, index) => 16_000 * Math.sin((2 * Math.PI * hertz * index) / rate),
  );

test('a spectrum has its power where the frequency is, and no power is lost', () => {
  const samples = Float64Array.from({ length: 64 }, (_, index) => Math.cos((2 * Math.PI * 5 * index) / 64));
  const powers = powerSpectrum(samples);
  expect(powers.indexOf(Math.max(...powers))).toBe(5);
  expect(powers[5]).toBeCloseTo(32 ** 2);
  expect(powers[9]).toBeCloseTo(0);
  expect(() => powerSpectrum(new Float64Array(48))).toThrow('no power of two');
});

test('a spectrogram shows high frequencies at the top, and sound in its time', () => {
  const samples = new Int16Array(16_000);
  samples.set(sine(6500, 16_000, 0.5), 0);
  samples.set(sine(1500, 16_000, 0.5), 8000);
  const { levels } = spectrogram(samples, 10, 8);
  const column = (at: number): number[] => Array.from({ length: 8 }, (_, row) => levels[row * 10 + at] ?? 0);
  expect(column(2).indexOf(Math.max(...column(2)))).toBe(1);
  expect(column(7).indexOf(Math.max(...column(7)))).toBe(6);
  expect(Math.max(...levels)).toBe(255);
  expect(Math.max(...spectrogram(new Int16Array(16_000), 10, 8).levels)).toBe(0);
});

test('a PNG has its pixels row by row, and colours that are its palette', () => {
  const image = png(
    2,
    2,
    Uint8Array.of(0, 255, 128, 1),
    gradient([
      [0, 0, 0],
      [255, 255, 255],
    ]),
  );
  expect(image.subarray(1, 4).toString()).toBe('PNG');
  expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([2, 2]);
  const data = image.indexOf('IDAT');
  const rows = inflateSync(image.subarray(data + 4, data + 4 + image.readUInt32BE(data - 4)));
  expect([...rows]).toEqual([0, 0, 255, 0, 128, 1]);
  const palette = image.indexOf('PLTE');
  expect([...image.subarray(palette + 4 + 3 * 128, palette + 4 + 3 * 128 + 3)]).toEqual([128, 128, 128]);
  expect(() => png(3, 1, new Uint8Array(2), [])).toThrow('2 pixels are not 3 x 1');
});

test('sound is placed on the axis, and what lies outside is cut', () => {
  const sound = { samples: Int16Array.of(1, 2, 3, 4), sampleRate: 1000 };
  expect([...placed(sound, 2, 8).samples]).toEqual([0, 0, 1, 2, 3, 4, 0, 0]);
  expect([...placed(sound, -2, 3).samples]).toEqual([3, 4, 0]);
  expect([...placed(sound, 3, 5).samples]).toEqual([0, 0, 0, 1, 2]);
  expect([...placed(sound, 9, 5).samples]).toEqual([0, 0, 0, 0, 0]);
});

test('speaker and answer share one axis, with the marks where they belong', () => {
  const sound = { samples: sine(440, 16_000, 1), sampleRate: 16_000 };
  const picture = drawTurn({
    title: 'A < B',
    fromMs: 0,
    toMs: 4000,
    lanes: [
      { name: 'Alice', sound, fromMs: 0 },
      { name: 'Greta', sound, fromMs: 2000 },
    ],
    marks: [{ name: 'last word', atMs: 1000 }],
  });
  expect(picture).toContain('A &lt; B');
  expect(picture.match(/data:image\/png;base64/g)).toHaveLength(2);
  // A quarter of the way: 8 + 944 / 4.
  expect(picture).toContain('<path d="M244 ');
  expect(picture).toContain('last word 1000 ms');
  const [alice = '', greta = ''] = [...picture.matchAll(/<path d="(M8 [^"]*)" stroke="#2f7fd6"/g)].map(
    ([, d]) => d ?? '',
  );
  const heights = (path: string, from: number, to: number): number =>
    [...path.matchAll(/M(\d+) ([\d.]+)V([\d.]+)/g)]
      .filter(([, x]) => Number(x) >= from && Number(x) < to)
      .reduce((most, [, , high, low]) => Math.max(most, Number(low) - Number(high)), 0);
  expect(heights(alice, 10, 240)).toBeGreaterThan(20);
  expect(heights(alice, 250, 950)).toBeLessThan(1);
  expect(heights(greta, 10, 470)).toBeLessThan(1);
  expect(heights(greta, 490, 700)).toBeGreaterThan(20);
});

test('the marks of a trace add up from the last word', () => {
  const trace = {
    endpointMs: 500,
    sttMs: 150,
    addressMs: 1,
    firstTokenMs: 250,
    firstSentenceMs: 2,
    ttsFirstByteMs: 120,
    firstPacketMs: 5,
  };
  expect(marksOf(trace, 2000)).toEqual([
    { name: 'last word', atMs: 2000 },
    { name: 'turn is over', atMs: 2500 },
    { name: 'recognised', atMs: 2650 },
    { name: 'first token', atMs: 2901 },
    { name: 'first sound', atMs: 3023 },
    { name: 'first packet', atMs: 3028 },
  ]);
  expect(() => marksOf({ endpointMs: 1 }, 0)).toThrow('a turn without sttMs');
});
