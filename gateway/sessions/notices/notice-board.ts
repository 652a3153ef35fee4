/**
 * What this gateway writes to the people of one session: the consent notice, to each once, and that turns are over. It
 * remembers whom the worker has told, too, so that a new process of the worker does not begin again.
 */
import type { GatewayMessage } from '../../../src/rpc/attach-client.ts';
import type { NoticeState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../../src/telemetry/log.ts';

/** Writes to the session's text channel. @throws when it was not written */
export type WriteText = (text: string, mentions: readonly string[]) => Promise<void>;

export interface NoticeBoardOptions {
  readonly log: Logger;
  readonly write: WriteText;
  /** Who is in the voice channel now, without bots. */
  readonly present: () => readonly string[];
  /** @param mentioned empty: everybody is meant. @returns undefined: there is nothing to tell now */
  readonly consent: (mentioned: readonly string[]) => string | undefined;
  readonly send: (message: GatewayMessage) => void;
}

/** Discord counts characters: a mention has up to 23, and what follows them has to fit. */
const MOST_MENTIONS = 20;

export class NoticeBoard {
  readonly #options: NoticeBoardOptions;
  readonly #told = new Set<string>();
  readonly #telling = new Set<string>();
  #spoken = false;
  #written = false;

  constructor(options: NoticeBoardOptions) {
    this.#options = options;
  }

  /** A worker has attached: what an earlier process of it knew. */
  greet(): void {
    if (this.#told.size > 0 || this.#spoken) this.#answer([...this.#told], []);
  }

  /** What the worker knows, and whom it wants told. */
  onState({ tell, told, spoken }: NoticeState): void {
    if (spoken) this.#spoken = true;
    for (const userId of told) this.#told.add(userId);
    const known = tell.filter((userId) => this.#told.has(userId));
    if (known.length > 0) this.#answer(known, []);
    const present = new Set(this.#options.present());
    // A worker names whom it likes; only who is there is written to.
    const untold = tell.filter(
      (userId) => present.has(userId) && !this.#told.has(userId) && !this.#telling.has(userId),
    );
    for (let at = 0; at < untold.length; at += MOST_MENTIONS)
      void this.#tell(untold.slice(at, at + MOST_MENTIONS));
  }

  /** Says that turns are over. Never rejects. */
  async writeSpend(text: string): Promise<void> {
    await this.#write(text, []);
  }

  async #tell(people: readonly string[]): Promise<void> {
    const first = !this.#written && this.#told.size === 0;
    const mentioned = first ? [] : people;
    const text = this.#options.consent(mentioned);
    if (text === undefined) return;
    this.#written = true;
    for (const userId of people) this.#telling.add(userId);
    const written = await this.#write(text, mentioned);
    for (const userId of people) {
      this.#telling.delete(userId);
      if (written) this.#told.add(userId);
    }
    this.#answer(written ? people : [], written ? [] : people);
  }

  async #write(text: string, mentions: readonly string[]): Promise<boolean> {
    try {
      await this.#options.write(text, mentions);
      return true;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'A notice could not be written to the text channel');
      return false;
    }
  }

  #answer(told: readonly string[], notTold: readonly string[]): void {
    this.#options.send({
      $case: 'noticed',
      value: { told: [...told], notTold: [...notTold], spoken: this.#spoken },
    });
  }
}
