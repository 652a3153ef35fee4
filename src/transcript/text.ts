// A transcript as plain lines: time, speaker, words.
import { isErased, type Transcript } from './transcript.ts';

export async function* text({ segments }: Transcript): AsyncGenerator<string, void, undefined> {
  for await (const segment of segments) {
    const time = segment.startedAt.toISOString().slice(0, 19).replace('T', ' ');
    if (isErased(segment)) yield `${time}  (erased at the wish of whoever said it)\n`;
    else {
      const to = segment.addressedNpc === undefined ? '' : ` to ${oneLine(segment.addressedNpc)}`;
      const cut = segment.interrupted === true ? ' (is interrupted)' : '';
      yield `${time}  ${oneLine(segment.speakerName)}${to}: ${oneLine(segment.text)}${cut}\n`;
    }
  }
}

/** Nothing that a terminal would obey. */
function oneLine(words: string): string {
  return words.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
