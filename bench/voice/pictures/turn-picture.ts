/** One turn as SVG: speaker and answer on one time axis, each as waveform and spectrogram, with marks of the trace. */
import { HANN, resample } from '../../../src/audio/resampler.ts';
import type { Sound } from '../../../test/discord/wav.ts';
import { gradient, png } from './png.ts';
import { SPECTRUM_RATE, spectrogram } from './spectrogram.ts';

export interface Lane {
  readonly name: string;
  readonly sound: Sound;
  /** When its first sample is, milliseconds on the picture's axis. */
  readonly fromMs: number;
}

export interface Mark {
  readonly name: string;
  readonly atMs: number;
}

export interface TurnPicture {
  readonly title: string;
  /** Both ends of the axis, milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly lanes: readonly Lane[];
  /** In order of time. */
  readonly marks: readonly Mark[];
}

const WIDTH = 960;
const LEFT = 8;
const RIGHT = 8;
const PLOT = WIDTH - LEFT - RIGHT;
const WAVE = 72;
const SPECTRUM = 96;
const SPECTRUM_COLUMNS = 472;
const SPECTRUM_ROWS = 64;
const GAP = 26;
const LABEL = 15;
const TICK_MS = 500;
const PALETTE = gradient([
  [8, 10, 24],
  [58, 28, 104],
  [166, 48, 98],
  [238, 112, 62],
  [252, 222, 150],
]);
const TEXT = 'font-family="system-ui, sans-serif" font-size="12" fill="#808890"';

export function drawTurn(picture: TurnPicture): string {
  const { title, marks, lanes, fromMs, toMs } = picture;
  const x = (ms: number): number => LEFT + ((ms - fromMs) / (toMs - fromMs)) * PLOT;
  const top = 26 + marks.length * LABEL;
  const laneHeight = WAVE + SPECTRUM + GAP;
  const bottom = top + lanes.length * laneHeight;
  const height = bottom + 24;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<text x="${LEFT}" y="14" ${TEXT}>${escaped(title)}</text>`,
    ...lanes.flatMap((lane, index) => drawLane(lane, top + index * laneHeight, picture)),
    // A label a row, each behind its line, which begins in that row: no line runs through a label.
    ...marks.flatMap(({ name, atMs }, index) => {
      const y = 30 + index * LABEL;
      return [
        `<path d="M${tenth(x(atMs))} ${y - 10}V${bottom - GAP / 2}" stroke="#d05030" stroke-dasharray="3 3"/>`,
        `<text x="${tenth(x(atMs) + 5)}" y="${y}" ${TEXT}>${escaped(name)} ${Math.round(atMs)} ms</text>`,
      ];
    }),
    ...axis(picture, x, bottom),
    '</svg>',
    '',
  ].join('\n');
}

function drawLane(
  { name, sound, fromMs }: Lane,
  top: number,
  { fromMs: start, toMs }: TurnPicture,
): string[] {
  const whole = placed(sound, fromMs - start, toMs - start);
  const wave = waveform(whole, top + 16 + (WAVE - 16) / 2, (WAVE - 16) / 2);
  const narrow = resample(whole.samples, whole.sampleRate, SPECTRUM_RATE, HANN);
  const { columns, rows, levels } = spectrogram(narrow, SPECTRUM_COLUMNS, SPECTRUM_ROWS);
  const image = png(columns, rows, levels, PALETTE).toString('base64');
  return [
    `<text x="${LEFT}" y="${top + 10}" ${TEXT}>${escaped(name)}</text>`,
    `<path d="${wave}" stroke="#2f7fd6" fill="none"/>`,
    `<image x="${LEFT}" y="${top + WAVE}" width="${PLOT}" height="${SPECTRUM}" preserveAspectRatio="none" href="data:image/png;base64,${image}"/>`,
    `<text x="${WIDTH - RIGHT - 4}" y="${top + WAVE + 13}" text-anchor="end" ${TEXT}>8 kHz</text>`,
  ];
}

/** The sound with silence before and behind it, as long as the axis. */
export function placed({ samples, sampleRate }: Sound, fromMs: number, lengthMs: number): Sound {
  const whole = new Int16Array(Math.round((lengthMs / 1000) * sampleRate));
  const at = Math.round((fromMs / 1000) * sampleRate);
  const first = Math.max(0, -at);
  const fits = Math.max(0, Math.min(samples.length, whole.length - at));
  if (first < fits) whole.set(samples.subarray(first, fits), at + first);
  return { samples: whole, sampleRate };
}

/** Between the least and the most of each column of pixels, the loudest as high as there is room. */
function waveform({ samples }: Sound, middle: number, half: number): string {
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const parts: string[] = [];
  for (let column = 0; column < PLOT; column++) {
    const from = Math.floor((column / PLOT) * samples.length);
    const part = samples.subarray(
      from,
      Math.max(from + 1, Math.floor(((column + 1) / PLOT) * samples.length)),
    );
    const [least, most] = part.reduce(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [0, 0],
    );
    const y = (value: number): string => tenth(middle - (value / loudest) * half);
    parts.push(`M${LEFT + column} ${y(most)}V${tenth(Math.max(Number(y(least)), Number(y(most)) + 0.5))}`);
  }
  return parts.join('');
}

function axis({ fromMs, toMs }: TurnPicture, x: (ms: number) => number, y: number): string[] {
  const lines = [`<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="#808890"/>`];
  for (let ms = Math.ceil(fromMs / TICK_MS) * TICK_MS; ms <= toMs; ms += TICK_MS) {
    lines.push(
      `<path d="M${tenth(x(ms))} ${y}v4" stroke="#808890"/>`,
      `<text x="${tenth(x(ms))}" y="${y + 17}" text-anchor="middle" ${TEXT}>${ms / 1000} s</text>`,
    );
  }
  return lines;
}

function tenth(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
