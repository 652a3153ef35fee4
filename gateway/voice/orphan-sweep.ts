/** Takes the bot out of voice channels that no session uses. */
import type { Logger } from '../../src/telemetry/log.ts';
import type { GuildCache } from '../discord/guild-cache.ts';
import { ORPHAN_SWEEP_MS, OrphanWatch } from './orphans.ts';

export interface OrphanSweepOptions {
  readonly clock: { setTimeout(callback: () => void, delayMs: number): { cancel(): void } };
  readonly log: Logger;
  readonly guilds: Pick<GuildCache, 'values' | 'botVoiceState'>;
  /** Guilds that have a live session. */
  readonly liveGuilds: () => ReadonlySet<string>;
  readonly leave: (guildId: string) => void;
}

export class OrphanSweep {
  readonly #o: OrphanSweepOptions;
  readonly #watch = new OrphanWatch();

  constructor(options: OrphanSweepOptions) {
    this.#o = options;
  }

  /** Looks again and again, until the signal aborts. The caches are to be filled by then. */
  start(signal: AbortSignal): void {
    if (signal.aborted) return;
    const { clock } = this.#o;
    const sweep = (): void => {
      this.#sweep();
      timer = clock.setTimeout(sweep, ORPHAN_SWEEP_MS);
    };
    let timer = clock.setTimeout(sweep, ORPHAN_SWEEP_MS);
    signal.addEventListener('abort', () => timer.cancel(), { once: true });
  }

  /**
   * After a session's end: its worker may have gone without leaving. The next session's worker is not there before
   * this cache has that session, so nobody else's connection is ended.
   */
  leaveUnused(guildId: string): void {
    const { guilds, liveGuilds } = this.#o;
    if (guilds.botVoiceState(guildId) === undefined || liveGuilds().has(guildId)) return;
    this.#leave(guildId);
  }

  #sweep(): void {
    const { guilds, liveGuilds } = this.#o;
    const inVoice = [...guilds.values()]
      .map(({ id }) => id)
      .filter((id) => guilds.botVoiceState(id) !== undefined);
    for (const guildId of this.#watch.sweep(inVoice, liveGuilds())) this.#leave(guildId);
  }

  #leave(guildId: string): void {
    this.#o.log.info({ guild: guildId }, 'Leaving a voice channel that no session uses');
    this.#o.leave(guildId);
  }
}
