// A transcript that reads as a play: who was there, then what was said, with the hour where the evening went on after a pause.
import type { TranscriptSegment } from '../store/index.ts';
import { isErased, minute, type Speaker, type Transcript } from './transcript.ts';

/** The hour is told again after so long, milliseconds. */
const HOUR_AFTER_MS = 10 * 60_000;

export async function* markdown({
  session,
  speakers,
  segments,
}: Transcript): AsyncGenerator<string, void, undefined> {
  const until = session.endedAt === undefined ? 'not over yet' : minute(session.endedAt);
  yield `# ${plain(session.campaign)}: ${plain(session.name)}\n\n*${minute(session.startedAt)} to ${until} (UTC)*\n`;
  const named = (kind: Speaker['kind']): string =>
    speakers.flatMap((one) => (one.kind === kind ? [plain(one.name)] : [])).join(', ') || 'nobody';
  yield `\nPlayers: ${named('player')}  \nCharacters: ${named('npc')}\n\n---\n`;
  let told: number | undefined;
  let any = false;
  for await (const segment of segments) {
    any = true;
    const at = segment.startedAt.getTime();
    if (told === undefined || at - told >= HOUR_AFTER_MS) {
      yield `\n*${segment.startedAt.toISOString().slice(11, 16)}*\n`;
      told = at;
    }
    yield `\n${lineOf(segment)}\n`;
  }
  if (!any) yield '\n*Nothing was written down.*\n';
}

function lineOf(segment: TranscriptSegment): string {
  if (isErased(segment)) return '*Somebody spoke; it was erased at their wish.*';
  const to = segment.addressedNpc === undefined ? '' : ` *(to ${plain(segment.addressedNpc)})*`;
  const cut = segment.interrupted === true ? ' *(is interrupted)*' : '';
  return `**${plain(segment.speakerName)}**${to}: ${plain(segment.text)}${cut}`;
}

/** One line, in which nothing is markup: names and words are people's own. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>#|~&]/g, '\\$&');
}
