/**
 * What the proxy can do to a request and its answer, as data. Faults of one request compose: events are put out of
 * order first, then cut into bytes, then the connection ends where it has to.
 */

/** Where among the bytes of an answer its connection is cut. */
export type CutPoint =
  | 'before-headers'
  | 'in-headers'
  /** Headers only: not one byte of the body. */
  | 'after-headers'
  | 'in-object'
  /** Between the bytes of one multi-byte UTF-8 character. */
  | 'in-character'
  /** The object is complete, the newline that ends it is not there. */
  | 'before-newline'
  | 'between-objects'
  /** Within the line that gives the length of the next HTTP chunk. */
  | 'in-chunk-header'
  /** The proxy puts a bookmark of the last version behind the last event, if the client asked for bookmarks. */
  | 'after-bookmark';

/** `reset`: TCP RST. `close`: TLS and TCP end, the HTTP message does not. `end`: the HTTP message ends, too. */
export type CutHow = 'reset' | 'close' | 'end';

export type Fault =
  /** Answered by the proxy; the server never sees the request. */
  | { do: 'answer'; status: number; reason?: string; retryAfterSeconds?: number }
  /** `how` is chosen by the seed when it is not given. Points after the headers are for watches. */
  | { do: 'cut'; at: CutPoint; afterEvents?: number; how?: CutHow }
  /** Read, never answered, never closed. */
  | { do: 'hang' }
  /** It reaches the server when {@link FaultProxy.release} is called, even if whoever sent it has given up. */
  | { do: 'hold' }
  /** The server carries it out; the connection is reset instead of an answer. */
  | { do: 'lose-answer' }
  /** From here on nothing comes and nothing is closed: the other end of the connection is gone. Watches. */
  | { do: 'silence'; afterEvents: number }
  /** An ERROR event with a Status, then the end. Watches. */
  | { do: 'error-event'; code: number; reason: string; afterEvents: number }
  /** A list's body ends after this share (0..1) of its bytes. */
  | { do: 'truncate'; share: number }
  /** `bytes` at a time, `everyMs`. */
  | { do: 'trickle'; bytes: number; everyMs: number }
  /** Every so-many-th event of a watch comes twice: at once, or again after `after` later ones. */
  | { do: 'duplicate'; every: number; after: number }
  /** Every so-many-th event of a watch is held back until `by` later ones have passed. */
  | { do: 'late'; every: number; by: number };

export type RequestClass = 'watch' | 'list' | 'page' | 'any';

/** Which requests suffer which faults. The first rule with a terminal fault decides how the answer ends. */
export interface Rule {
  /** `page`: a list with a continue token; `list`: a list, with or without one. */
  on: RequestClass;
  /** So many matching requests pass unharmed first. @defaultValue 0 */
  skip?: number;
  /** So many are harmed, then the rule is used up. @defaultValue all */
  times?: number;
  /** Share of the remaining that is harmed, 0..1, by the seed. @defaultValue 1 */
  share?: number;
  faults: readonly Fault[];
}

export interface SeenRequest {
  method: string;
  /** With query. */
  path: string;
  watch: boolean;
  list: boolean;
  /** The resourceVersion that it asks for; empty when it asks for none. */
  resourceVersion: string;
  /** A later page of a list. */
  continued: boolean;
  /** A watch that asks for bookmarks. */
  bookmarks: boolean;
  /** `performance.now()` at its arrival, milliseconds. */
  at: number;
  /** What the proxy answered in the server's place. */
  answered?: { status: number; retryAfterSeconds?: number };
}

export function matches(on: RequestClass, request: SeenRequest): boolean {
  switch (on) {
    case 'any':
      return true;
    case 'watch':
      return request.watch;
    case 'list':
      return request.list;
    case 'page':
      return request.list && request.continued;
  }
}
