import { ScenarioError } from './world/world.ts';

/**
 * What can go wrong on purpose. One value describes one fault, so that tests in this process and over the
 * control API inject the same ones.
 */
export type Fault =
  /** Closes the bot's gateway sockets with this code. */
  | { kind: 'closeGateway'; applicationId: string; code: number }
  /** Asks the bot to reconnect and resume (opcode 7). */
  | { kind: 'requestReconnect'; applicationId: string }
  /** Opcode 9; when not resumable the session is forgotten. */
  | { kind: 'invalidateSession'; applicationId: string; resumable: boolean }
  /** From now on a new IDENTIFY keeps the voice connections of the bot's earlier session. @defaultValue dropped */
  | { kind: 'keepVoiceAcrossIdentify'; on: boolean }
  /** Closes a voice socket with this code. 4014 and 4006 also end the voice session; others may resume. */
  | { kind: 'closeVoice'; guildId: string; userId: string; code: number }
  /** VOICE_SERVER_UPDATE with endpoint null, then with a new token. */
  | { kind: 'moveVoiceServer'; guildId: string; userId: string }
  /** The next `count` VOICE_SERVER_UPDATEs of the guild are never sent. */
  | { kind: 'withholdVoiceServerUpdate'; guildId: string; count: number }
  /** VOICE_SERVER_UPDATE arrives before VOICE_STATE_UPDATE. */
  | { kind: 'serverUpdateFirst'; guildId: string; on: boolean }
  | { kind: 'delaySignalling'; milliseconds: number }
  /** Voice tokens handed out so far are refused with 4004. */
  | { kind: 'expireVoiceTokens'; guildId: string }
  /** UDP from and to this user is swallowed for so long. */
  | { kind: 'dropUdp'; guildId: string; userId: string; milliseconds: number }
  /** Every REST answer whose path contains `path` waits. */
  | { kind: 'slowRest'; milliseconds: number; path?: string }
  /** The next `count` matching REST requests get 429. `shared`: the limit is of others, too, and nobody's fault. */
  | {
      kind: 'rateLimit';
      count: number;
      retryAfterMs: number;
      path?: string;
      global?: boolean;
      shared?: boolean;
    }
  /** The next `count` matching REST requests get this status. */
  | { kind: 'failRest'; count: number; status: number; path?: string }
  /** The tokens of all interactions so far are as old as 15 minutes. */
  | { kind: 'expireInteractions' }
  /** The bot token is reset in the portal: 401 on REST, 4004 on IDENTIFY. */
  | { kind: 'revokeBotToken'; applicationId: string };

export type RateLimitScope = 'user' | 'global' | 'shared';

export type RestVerdict =
  | { kind: 'pass' }
  | { kind: 'rateLimited'; retryAfterMs: number; scope: RateLimitScope }
  | { kind: 'failed'; status: number };

/** The faults that lie in wait; the ones that strike at once are done by the simulator. */
export class Faults {
  #withheld = new Map<string, number>();
  #serverFirst = new Set<string>();
  #signallingDelay = 0;
  #slow: { milliseconds: number; path: string }[] = [];
  #limits: { count: number; retryAfterMs: number; path: string; scope: RateLimitScope }[] = [];
  #failures: { count: number; status: number; path: string }[] = [];
  #waiting = new Map<NodeJS.Timeout, () => void>();
  keepVoiceAcrossIdentify = false;

  /** Takes a fault that waits for something to happen. Returns false for one that strikes at once. */
  arm(fault: Fault): boolean {
    switch (fault.kind) {
      case 'keepVoiceAcrossIdentify':
        this.keepVoiceAcrossIdentify = fault.on;
        return true;
      case 'withholdVoiceServerUpdate':
        this.#withheld.set(fault.guildId, fault.count);
        return true;
      case 'serverUpdateFirst':
        if (fault.on) this.#serverFirst.add(fault.guildId);
        else this.#serverFirst.delete(fault.guildId);
        return true;
      case 'delaySignalling':
        this.#signallingDelay = fault.milliseconds;
        return true;
      case 'slowRest':
        this.#slow.push({ milliseconds: fault.milliseconds, path: fault.path ?? '' });
        return true;
      case 'rateLimit':
        if (fault.count < 1) throw new ScenarioError('rateLimit: count must be at least 1');
        this.#limits.push({
          count: fault.count,
          retryAfterMs: fault.retryAfterMs,
          path: fault.path ?? '',
          scope: fault.global === true ? 'global' : fault.shared === true ? 'shared' : 'user',
        });
        return true;
      case 'failRest':
        if (fault.count < 1) throw new ScenarioError('failRest: count must be at least 1');
        this.#failures.push({ count: fault.count, status: fault.status, path: fault.path ?? '' });
        return true;
      default:
        return false;
    }
  }

  clear(): void {
    this.#withheld.clear();
    this.#serverFirst.clear();
    this.#signallingDelay = 0;
    this.#slow = [];
    this.#limits = [];
    this.#failures = [];
    this.keepVoiceAcrossIdentify = false;
    for (const [timer, run] of [...this.#waiting]) {
      clearTimeout(timer);
      this.#waiting.delete(timer);
      run();
    }
  }

  /** Delays `run`; `clear` does at once what still waits, so that nobody hangs. */
  later(milliseconds: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      run();
    }, milliseconds);
    this.#waiting.set(timer, run);
  }

  takeWithheldServerUpdate(guildId: string): boolean {
    const left = this.#withheld.get(guildId) ?? 0;
    if (left <= 0) return false;
    this.#withheld.set(guildId, left - 1);
    return true;
  }

  serverUpdateFirst(guildId: string): boolean {
    return this.#serverFirst.has(guildId);
  }

  signallingDelay(): number {
    return this.#signallingDelay;
  }

  restDelay(path: string): number {
    return this.#slow
      .filter((slow) => path.includes(slow.path))
      .reduce((longest, slow) => Math.max(longest, slow.milliseconds), 0);
  }

  takeRestVerdict(path: string): RestVerdict {
    const limit = this.#limits.find((entry) => entry.count > 0 && path.includes(entry.path));
    if (limit) {
      limit.count -= 1;
      return { kind: 'rateLimited', retryAfterMs: limit.retryAfterMs, scope: limit.scope };
    }
    const failure = this.#failures.find((entry) => entry.count > 0 && path.includes(entry.path));
    if (failure) {
      failure.count -= 1;
      return { kind: 'failed', status: failure.status };
    }
    return { kind: 'pass' };
  }
}
