// `skald transcript`: what was said, written down for people or for programs.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type SessionSummary, TranscriptReader } from '../../src/store/index.ts';
import { json } from '../../src/transcript/json.ts';
import { markdown } from '../../src/transcript/markdown.ts';
import { text } from '../../src/transcript/text.ts';
import { minute, type TranscriptFormat } from '../../src/transcript/transcript.ts';
import { failed } from '../cluster/failed.ts';
import { FOUND, UsageError } from '../cluster/options.ts';
import { didYouMean, nearest } from '../suggest.ts';
import { table } from '../table.ts';
import { realTerminal, type Terminal } from '../terminal.ts';
import { hintFor, openSource, type Source, type SourceFlags } from './source.ts';

export interface TranscriptFlags extends SourceFlags {
  readonly format: TranscriptFormat;
  readonly output?: string;
}

export interface ListFlags extends SourceFlags {
  readonly limit: string;
  readonly json?: boolean;
}

const FORMS = { markdown, json, text } as const;
/** Names that "did you mean" chooses from. */
const MOST_NAMES = 1000;

export function transcriptMain(
  name: string | undefined,
  flags: TranscriptFlags,
  signal: AbortSignal,
  terminal: Terminal = realTerminal(),
): Promise<number> {
  return withSource(flags, signal, terminal, async ({ database, namespace }) => {
    if (name === undefined)
      throw new UsageError('Give the name of a session; "skald transcript list" shows them');
    const reader = new TranscriptReader(database);
    const session = await reader.session(name, { namespace });
    if (session === undefined) {
      const known = await reader.sessions({ namespace }, MOST_NAMES);
      throw new Error(
        `There is no transcript of a session ${name}.${didYouMean(
          nearest(
            name,
            known.map((one) => one.name),
          ),
        )}`,
      );
    }
    const speakers = await reader.speakers(session.uid);
    const written = FORMS[flags.format]({ session, speakers, segments: reader.segments(session.uid) });
    if (flags.output !== undefined) await writeFile(flags.output, written, signal);
    else for await (const piece of written) terminal.stdout(piece);
  });
}

export function listMain(
  flags: ListFlags,
  signal: AbortSignal,
  terminal: Terminal = realTerminal(),
): Promise<number> {
  return withSource(flags, signal, terminal, async ({ database, namespace }) => {
    const limit = Number(flags.limit);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError(`--limit: "${flags.limit}" is no number from 1`);
    const reader = new TranscriptReader(database);
    const sessions = await reader.sessions({ namespace }, limit);
    const rows = await Promise.all(
      sessions.map(async (session) => ({ session, segments: (await reader.revision(session.uid)).segments })),
    );
    if (flags.json === true) {
      const listed = rows.map(({ session, segments }) => ({ ...session, segments }));
      terminal.stdout(`${JSON.stringify({ sessions: listed })}\n`);
      return;
    }
    if (rows.length === 0) terminal.stdout('No session has a transcript yet.\n');
    else
      terminal.stdout(
        `${table(
          HEADER,
          rows.map(({ session, segments }) => cells(session, segments)),
        ).join('\n')}\n`,
      );
  });
}

const HEADER = ['NAME', 'CAMPAIGN', 'STARTED (UTC)', 'LASTED', 'SEGMENTS', 'ENDED'];

function cells(
  { name, campaign, startedAt, endedAt, endReason }: SessionSummary,
  segments: number,
): string[] {
  const minutes =
    endedAt === undefined ? undefined : Math.round((endedAt.getTime() - startedAt.getTime()) / 60_000);
  const lasted =
    minutes === undefined ? '-' : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
  return [name, campaign, minute(startedAt), lasted, String(segments), endReason ?? '-'];
}

/** Complete, or not there: what is read meanwhile is not half a transcript. For its owner's eyes. */
async function writeFile(path: string, pieces: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await pipeline(pieces, createWriteStream(partial, { mode: 0o600 }), { signal });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function withSource(
  flags: SourceFlags,
  signal: AbortSignal,
  terminal: Terminal,
  work: (source: Source) => Promise<void>,
): Promise<number> {
  try {
    const source = await openSource(flags, terminal.env, signal);
    try {
      await work(source);
    } finally {
      await source.database.close();
    }
    return FOUND;
  } catch (error) {
    return failed(error, terminal, hintFor(error));
  }
}
