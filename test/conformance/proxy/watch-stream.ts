/** One watch on its way through the proxy: the server's events in, bytes out, spoiled as the faults say. */
import type { IncomingMessage } from 'node:http';
import { BodyWriter } from './body-writer.ts';
import type { Connection } from './connection.ts';
import { EventOrder, isOrderFault } from './event-order.ts';
import type { CutHow, Fault } from './faults.ts';
import { cutLine, eventLine, head, LineSplitter, statusBody } from './frames.ts';

type Ending = Extract<Fault, { do: 'cut' | 'silence' | 'error-event' }>;

export function isEnding(fault: Fault): fault is Ending {
  return fault.do === 'cut' || fault.do === 'silence' || fault.do === 'error-event';
}

interface WatchLine {
  type: string;
  object: { apiVersion?: string; kind?: string; metadata?: { resourceVersion?: string } };
}

export class WatchStream {
  readonly #connection: Connection;
  readonly #upstream: IncomingMessage;
  readonly #body: BodyWriter;
  readonly #order: EventOrder;
  readonly #how: CutHow;
  readonly #bookmarks: boolean;
  #ending: Ending | undefined;
  #events = 0;
  #last: WatchLine | undefined;
  #withheld: Buffer[] | undefined;
  #over = false;

  constructor(parts: {
    connection: Connection;
    upstream: IncomingMessage;
    faults: readonly Fault[];
    /** For cuts that do not say. */
    how: CutHow;
    /** The client asked for bookmarks. */
    bookmarks: boolean;
    onOver: () => void;
  }) {
    const { connection, upstream, faults } = parts;
    this.#connection = connection;
    this.#upstream = upstream;
    this.#how = parts.how;
    this.#bookmarks = parts.bookmarks;
    this.#ending = faults.find(isEnding);
    this.#order = new EventOrder(faults.filter(isOrderFault));
    const trickle = faults.find((fault) => fault.do === 'trickle');
    this.#body = new BodyWriter(connection.socket, { chunked: true, trickle });
    const lines = new LineSplitter();
    upstream.on('data', (bytes: Buffer) => {
      for (const line of lines.push(bytes)) this.#receive(line);
    });
    upstream.once('close', () => {
      this.#serverEnded();
      parts.onOver();
    });
    upstream.on('error', () => {});
    connection.socket.once('close', () => {
      this.#over = true;
      this.#body.stop();
      upstream.destroy();
    });
  }

  /** Sends the head, unless the connection is to end there. */
  begin(): void {
    const bytes = head(this.#upstream.statusCode ?? 502, this.#upstream.headers);
    const cut = this.#ending?.do === 'cut' ? this.#ending : undefined;
    if (cut?.at === 'in-headers') {
      this.#connection.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
      this.#cutOff(cut.how ?? this.#how);
      return;
    }
    this.#connection.write(bytes);
    if (cut?.at === 'after-headers') this.#cutOff(cut.how ?? this.#how);
    else this.#endWhenDue();
  }

  /** Events wait in the proxy from here on. */
  withhold(): void {
    this.#withheld ??= [];
  }

  /** The faults are over: what waits is delivered, what comes is passed on. A silent stream stays silent. */
  heal(): void {
    if (this.#over) return;
    this.#ending = undefined;
    this.#body.drain();
    const withheld = this.#withheld ?? [];
    this.#withheld = undefined;
    for (const line of withheld) this.#pass(line);
    for (const line of this.#order.flush()) this.#body.write(line);
  }

  /** An ERROR event, then the end; what was withheld is lost. */
  fail(code: number, reason: string): void {
    if (this.#over) return;
    this.#withheld = undefined;
    this.#body.drain();
    const message = code === 410 ? 'too old resource version (injected)' : 'injected';
    this.#body.write(eventLine('ERROR', statusBody(code, reason, message)));
    this.#over = true;
    this.#upstream.destroy();
    this.#body.end();
  }

  /** The message ends in order. */
  end(): void {
    if (!this.#over) this.#cutOff('end');
  }

  /** Says nothing more and does not end. */
  silence(): void {
    this.#over = true;
    this.#body.stop();
    this.#upstream.destroy();
  }

  #receive(line: Buffer): void {
    if (this.#over) return;
    if (this.#withheld) this.#withheld.push(line);
    else this.#pass(line);
  }

  #pass(line: Buffer): void {
    for (const out of this.#order.push(line)) {
      if (this.#over) return;
      if (this.#cutsInto(out)) return;
      this.#body.write(out);
      this.#last = JSON.parse(out.toString('utf8')) as WatchLine;
      if (this.#last.type !== 'BOOKMARK') this.#events += 1;
      this.#endWhenDue();
    }
  }

  /** Ends the stream within this line, if that is where it has to end. */
  #cutsInto(line: Buffer): boolean {
    const ending = this.#ending;
    if (ending?.do !== 'cut' || this.#events < (ending.afterEvents ?? 0)) return false;
    if (ending.at === 'between-objects' || ending.at === 'after-bookmark') return false;
    this.#body.raw(cutLine(line, ending.at));
    const how = ending.how ?? this.#how;
    // The message cannot end properly within the line that gives a chunk's length.
    this.#cutOff(ending.at === 'in-chunk-header' && how === 'end' ? 'close' : how);
    return true;
  }

  /** Ends the stream behind what was sent, if that is where it has to end. */
  #endWhenDue(): void {
    const ending = this.#ending;
    if (!ending || this.#over) return;
    if (this.#events < (ending.afterEvents ?? 0)) return;
    switch (ending.do) {
      case 'silence':
        this.silence();
        return;
      case 'error-event':
        this.fail(ending.code, ending.reason);
        return;
      case 'cut':
        if (ending.at !== 'between-objects' && ending.at !== 'after-bookmark') return;
        if (ending.at === 'after-bookmark' && this.#bookmarks) {
          const bookmark = this.#bookmark();
          if (!bookmark) return;
          this.#body.write(bookmark);
        }
        this.#cutOff(ending.how ?? this.#how);
    }
  }

  #bookmark(): Buffer | undefined {
    const { apiVersion, kind, metadata } = this.#last?.object ?? {};
    if (!metadata?.resourceVersion) return undefined;
    const { resourceVersion } = metadata;
    return eventLine('BOOKMARK', {
      apiVersion,
      kind,
      metadata: { resourceVersion, creationTimestamp: null },
    });
  }

  #cutOff(how: CutHow): void {
    this.#over = true;
    this.#body.drain();
    this.#upstream.destroy();
    if (how === 'end') this.#body.end();
    else if (how === 'close') this.#connection.close();
    else this.#connection.reset();
  }

  #serverEnded(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#upstream.complete) this.#body.end();
    else this.#connection.reset();
  }
}
