/** Looks for marks in what was gathered. */
import { ENCODINGS, type Encoding, type Mark, needlesOf } from './marks.ts';

export interface Document {
  /** Kind of place, e.g. `logs`, `events`, `database`. */
  readonly place: string;
  /** Which one, e.g. `skald-system/skald-gateway-0-0 gateway`. */
  readonly name: string;
  readonly text: string;
  /** Set for a Secret: a mark that lives in it is no hit. */
  readonly home?: string;
}

export interface Hit {
  readonly place: string;
  readonly name: string;
  readonly what: string;
  readonly encoding: Encoding;
}

export interface SearchResult {
  readonly marks: number;
  readonly encodings: number;
  /** Documents by place. */
  readonly places: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly hits: readonly Hit[];
}

export function search(marks: readonly Mark[], documents: readonly Document[]): SearchResult {
  const needles = marks.map((mark) => ({ mark, texts: needlesOf(mark.value) }));
  const places: Record<string, number> = {};
  const hits: Hit[] = [];
  let bytes = 0;
  for (const { place, name, text, home } of documents) {
    places[place] = (places[place] ?? 0) + 1;
    bytes += Buffer.byteLength(text);
    for (const { mark, texts } of needles) {
      if (home !== undefined && mark.homes.has(home)) continue;
      const found = texts.find(([, needle]) => text.includes(needle));
      if (found !== undefined) hits.push({ place, name, what: mark.what, encoding: found[0] });
    }
  }
  return { marks: marks.length, encodings: ENCODINGS.length, places, bytes, hits };
}

/** The one line that says what was searched and what was found. */
export function summaryOf({ marks, encodings, places, bytes, hits }: SearchResult): string {
  const megabytes = (bytes / 1_000_000).toFixed(1);
  const kinds = Object.keys(places).length;
  return `check:secrets: ${marks} marks x ${encodings} encodings, ${kinds} places, ${megabytes} MB searched, ${hits.length} hits`;
}
