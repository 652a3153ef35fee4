/**
 * What NPCs remember of earlier conversations: the second layer of their memory. An answer waits for it a moment and no
 * longer: without it, it comes as soon, and knows less.
 */
import type { Npc } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { Recollections } from '../../../src/store/index.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import type { Journal } from '../../transcript/journal.ts';
import type { Cast } from '../cast.ts';
import type { RoomLine } from '../memory.ts';
import { searchWords } from './search-words.ts';

/** Longest that an answer waits, milliseconds. */
export const RECOLLECTION_LIMIT_MS = 80;

const NOTHING: Recollections = { exchanges: [], recaps: [] };

export interface RecollectionParts {
  readonly journal: Pick<Journal, 'recollect'>;
  readonly log: Logger;
  /** @defaultValue RECOLLECTION_LIMIT_MS */
  readonly limitMs?: number;
}

export class Recollection {
  private readonly parts: RecollectionParts;
  private running = false;
  /** Answers that went without, because it took too long. */
  late = 0;

  constructor(parts: RecollectionParts) {
    this.parts = parts;
  }

  /** For an answer to the last line. Never rejects, and never takes longer than its limit. */
  async of(npc: Npc, cast: Cast, heard: readonly RoomLine[]): Promise<Recollections> {
    const words = searchWords(heard.at(-1)?.text ?? '', [npc.name]);
    if (words.length === 0) return NOTHING;
    // A database that has not answered yet is not asked more.
    if (this.running) return this.without();
    this.running = true;
    const asked = this.search(npc, cast, words)
      .catch((error: unknown) => {
        this.parts.log.warn({ err: error, npc: npc.name, intent: 'recollection' }, 'Nothing is remembered');
        return NOTHING;
      })
      .finally(() => {
        this.running = false;
      });
    const found = await within(asked, this.parts.limitMs ?? RECOLLECTION_LIMIT_MS);
    return found === undefined ? this.without() : news(found, heard);
  }

  /** @throws StoreError */
  async search(npc: Npc, cast: Cast, words: readonly string[]): Promise<Recollections> {
    const { forgotten: optedOut } = cast;
    if (optedOut === undefined || words.length === 0) return NOTHING;
    return await this.parts.journal.recollect({ npc: npc.name, language: cast.language, words, optedOut });
  }

  private without(): Recollections {
    this.late++;
    this.parts.log.info(
      { intent: 'recollection', late: this.late },
      'An answer goes without what was said earlier',
    );
    return NOTHING;
  }
}

/** Without what the conversation has anyway. */
function news({ exchanges, recaps }: Recollections, heard: readonly RoomLine[]): Recollections {
  const lately = new Set(heard.map(({ text }) => text));
  return {
    exchanges: exchanges.filter((lines) =>
      lines.some(({ thisSession, text }) => !thisSession || !lately.has(text)),
    ),
    recaps,
  };
}

async function within<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, limitMs, undefined);
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
