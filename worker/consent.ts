/**
 * Who was told that they are heard. Nobody else's audio goes any further than the socket.
 *
 * When the bot joins, the notice is said aloud, written, or both, as the tenant has it. Whoever joins later is told in
 * text. The gateway writes texts; it and this process each remember who was told, so that neither one's restart
 * repeats the notice. Where a text cannot be written the notice is said aloud.
 */
import type { ConsentNotice, Noticed, NoticeState } from '../src/rpc/generated/skald/v1/gateway.ts';

export interface ConsentParts {
  /** Says it aloud. @returns whether it was heard to its end */
  readonly say: (words: string) => Promise<boolean>;
  readonly send: (state: NoticeState) => void;
  readonly setTimeout: (callback: () => void, delayMs: number) => unknown;
}

/** After a notice that could not be said, milliseconds. */
const SAY_AGAIN_MS = 3000;

const NO_NOTICE: ConsentNotice = { words: '', spoken: false, text: false };

export class Consent {
  private readonly parts: ConsentParts;
  private notice = NO_NOTICE;
  /** People in the channel; bots are not among them. */
  private present: readonly string[] = [];
  private readonly told = new Set<string>();
  /** Asked of the gateway, which has not answered yet. */
  private readonly asked = new Set<string>();
  /** To be told aloud, because no text reaches them. */
  private readonly unreachable = new Set<string>();
  private spoken = false;
  private speaking = false;
  private closed = false;
  private readonly begun = Promise.withResolvers<void>();

  constructor(parts: ConsentParts, notice: ConsentNotice | undefined) {
    this.parts = parts;
    this.configure(notice);
  }

  configure(notice: ConsentNotice | undefined): void {
    this.notice = notice ?? NO_NOTICE;
    this.advance();
  }

  /** Whether the person may be listened to. */
  hears(userId: string): boolean {
    return this.notice.words === '' || (!this.sayFirst && this.told.has(userId));
  }

  /** Resolves when an NPC may talk: the notice goes first where it is said aloud. */
  get mayTalk(): Promise<void> {
    return this.sayFirst ? this.begun.promise : Promise.resolve();
  }

  /** @param people in the channel, without bots */
  members(people: readonly string[]): void {
    this.present = people;
    this.advance();
  }

  /** The gateway has answered, or remembers what an earlier process knew. */
  noticed({ told, notTold, spoken }: Noticed): void {
    if (spoken) this.spoken = true;
    for (const userId of told) this.tell(userId);
    for (const userId of notTold) {
      this.asked.delete(userId);
      if (!this.told.has(userId)) this.unreachable.add(userId);
    }
    this.advance();
  }

  /** A gateway is there, perhaps another one: it is told everything, and asked again. */
  attached(): void {
    this.asked.clear();
    this.report([]);
    this.advance();
  }

  close(): void {
    this.closed = true;
    this.begun.resolve();
  }

  /** The notice has to be said aloud before anything else. */
  private get sayFirst(): boolean {
    return this.notice.words !== '' && this.notice.spoken && !this.spoken;
  }

  private advance(): void {
    if (this.closed || this.notice.words === '') return;
    if (!this.sayFirst) this.begun.resolve();
    const untold = this.present.filter((userId) => !this.told.has(userId));
    const aloud = this.sayFirst ? this.present : untold.filter((userId) => this.unreachable.has(userId));
    if (aloud.length > 0) void this.say(aloud);
    if (this.sayFirst && !this.notice.text) return;
    const ask = untold.filter((userId) => !this.asked.has(userId) && !this.unreachable.has(userId));
    if (ask.length === 0) return;
    for (const userId of ask) this.asked.add(userId);
    this.report(ask);
  }

  private async say(listeners: readonly string[]): Promise<void> {
    if (this.speaking) return;
    this.speaking = true;
    const heard = await this.parts.say(this.notice.words).catch(() => false);
    this.speaking = false;
    if (!heard) {
      this.parts.setTimeout(() => this.advance(), SAY_AGAIN_MS);
      return;
    }
    this.spoken = true;
    for (const userId of listeners) if (this.present.includes(userId)) this.tell(userId);
    this.report([]);
    this.advance();
  }

  private tell(userId: string): void {
    this.told.add(userId);
    this.asked.delete(userId);
    this.unreachable.delete(userId);
  }

  private report(tell: readonly string[]): void {
    if (this.notice.words === '') return;
    this.parts.send({ tell: [...tell], told: [...this.told], spoken: this.spoken });
  }
}
