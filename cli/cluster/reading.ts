// Reading with rights that may be narrow: what the caller may not see is noted, and the rest goes on.
import { isForbidden, isNotFound, messageOf } from '../../src/kube/index.ts';
import { redactText } from '../../src/telemetry/redact.ts';

/** Something that could not be read. */
export interface Unread {
  /** What, as it completes "could not read": `the logs of the gateway`. */
  readonly what: string;
  readonly why: string;
  /** How to get it: a command or a right. */
  readonly how: string;
}

/** What a caller needs in order to read something. */
export interface Right {
  readonly verb: string;
  /** As kubectl writes it: `pods/log`, `jobs.batch`. */
  readonly resource: string;
  /** Undefined: in the whole cluster. */
  readonly namespace?: string | undefined;
}

/** Reads what it can. One for each run of a command. */
export class Reading {
  readonly #unread: Unread[] = [];

  get unread(): readonly Unread[] {
    return this.#unread;
  }

  note(unread: Unread): void {
    if (!this.#unread.some(({ what }) => what === unread.what)) this.#unread.push(unread);
  }

  /** The value, or undefined when it cannot be read, which is noted. What does not exist is not noted. */
  async try<T>(what: string, right: Right, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (isNotFound(error)) return undefined;
      this.note(unreadable(what, right, error));
      return undefined;
    }
  }
}

function unreadable(what: string, right: Right, error: unknown): Unread {
  if (!isForbidden(error)) {
    const why = redactText(messageOf(error));
    return { what, why, how: 'Try again; the API server or the node did not answer as it should.' };
  }
  const where = right.namespace === undefined ? '' : ` -n ${right.namespace}`;
  return {
    what,
    why: `You may not ${right.verb} ${right.resource}${right.namespace === undefined ? '' : ` in ${right.namespace}`}.`,
    how: `Ask the platform team for the right; check it with: kubectl auth can-i ${right.verb} ${right.resource}${where}`,
  };
}
