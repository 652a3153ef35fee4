/**
 * The tenant's VoiceSessions as the commands see them: the cache, what was just created and is not in it yet, and the
 * writes that a gateway may make.
 */
import { annotations, fieldManagers, type VoiceSession } from '../../src/api/index.ts';
import {
  type Client,
  type Informer,
  isAlreadyExists,
  isConflict,
  isNotFound,
  keyOf,
  type Live,
} from '../../src/kube/index.ts';
import { voiceSessions } from '../resources.ts';

/**
 * How long a created session counts that the cache does not show, milliseconds. Of one that was deleted while the
 * watch was broken the cache never says anything, and it would keep its guild busy for ever.
 */
export const UNSEEN_MS = 60_000;

/** How often a change of mutes is tried on the newest state: each time somebody else was quicker, and has it done. */
export const MUTE_ATTEMPTS = 20;

export interface MuteChange {
  /** Names of NPCs that fall silent. */
  readonly mute?: readonly string[];
  /** Names of NPCs that may speak again. */
  readonly unmute?: readonly string[];
}

export class TenantSessions {
  readonly #client: Pick<Client, 'create' | 'get' | 'patch'>;
  readonly #informer: Pick<Informer<VoiceSession>, 'list' | 'get' | 'addHandler'>;
  readonly #clock: { monotonic(): number };
  readonly #created = new Map<string, { readonly session: Live<VoiceSession>; readonly until: number }>();

  constructor(
    client: Pick<Client, 'create' | 'get' | 'patch'>,
    informer: Pick<Informer<VoiceSession>, 'list' | 'get' | 'addHandler'>,
    clock: { monotonic(): number },
  ) {
    this.#client = client;
    this.#informer = informer;
    this.#clock = clock;
    const seen = (session: Live<VoiceSession>): void => void this.#created.delete(session.metadata.uid);
    informer.addHandler({ add: seen, update: (_, session) => seen(session), delete: seen });
  }

  list(): readonly Live<VoiceSession>[] {
    const now = this.#clock.monotonic();
    for (const [uid, { until }] of this.#created) if (now >= until) this.#created.delete(uid);
    return [...this.#informer.list(), ...[...this.#created.values()].map(({ session }) => session)];
  }

  /**
   * Creates it; what exists under the name already is returned when the same interaction asked for it, or when both are
   * recaps of one session: their names say of which words.
   */
  async create(session: VoiceSession): Promise<Live<VoiceSession>> {
    const created = await this.#createOrGet(session);
    if (this.#informer.get(keyOf(created)) === undefined) {
      this.#created.set(created.metadata.uid, {
        session: created,
        until: this.#clock.monotonic() + UNSEEN_MS,
      });
    }
    return created;
  }

  /** Whether {@link create} would be taken: the API server validates and admits it, and stores nothing. */
  async check(session: VoiceSession): Promise<void> {
    await this.#client.create(voiceSessions, session, { fieldManager: fieldManagers.gateway, dryRun: true });
  }

  /** desiredState becomes Stopped. Another object under the same name is left alone. */
  async stop(session: Live<VoiceSession>): Promise<void> {
    await this.#client.patch(
      voiceSessions,
      keyOf(session),
      {
        json: [
          { op: 'test', path: '/metadata/uid', value: session.metadata.uid },
          { op: 'add', path: '/spec/desiredState', value: 'Stopped' },
        ],
      },
      { fieldManager: fieldManagers.gateway },
    );
  }

  /**
   * Adds to spec.mutedNpcs and takes from it. What others change at the same time stays: the write is refused when it
   * was made from an older state, and made again from the newest.
   * @returns the session as it is then; undefined: it is gone.
   */
  async setMutes(session: Live<VoiceSession>, change: MuteChange): Promise<Live<VoiceSession> | undefined> {
    const key = keyOf(session);
    let current = this.#informer.get(key) ?? session;
    for (let attempt = 1; current.metadata.uid === session.metadata.uid; attempt += 1) {
      const mutedNpcs = changedMutes(current.spec.mutedNpcs ?? [], change);
      if (mutedNpcs === undefined) return current;
      const { uid, resourceVersion } = current.metadata;
      try {
        return await this.#client.patch(
          voiceSessions,
          key,
          { merge: { metadata: { uid, resourceVersion }, spec: { mutedNpcs } } },
          { fieldManager: fieldManagers.gateway },
        );
      } catch (error) {
        if (isNotFound(error)) return undefined;
        if (!isConflict(error) || attempt >= MUTE_ATTEMPTS) throw error;
      }
      try {
        current = await this.#client.get(voiceSessions, key);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    }
    return undefined;
  }

  /** Notes that the session's status message shows its end. Another object under the same name is left alone. */
  async closeStatusMessage(session: Live<VoiceSession>): Promise<void> {
    const key = annotations.statusMessageClosed.replace('/', '~1');
    await this.#client.patch(
      voiceSessions,
      keyOf(session),
      {
        json: [
          { op: 'test', path: '/metadata/uid', value: session.metadata.uid },
          { op: 'add', path: `/metadata/annotations/${key}`, value: 'true' },
        ],
      },
      { fieldManager: fieldManagers.gateway },
    );
  }

  /** Calls with the session now and at each change (undefined: it is gone) until the signal aborts. */
  follow(
    session: Live<VoiceSession>,
    signal: AbortSignal,
    onChange: (session: Live<VoiceSession> | undefined) => void,
  ): void {
    const { uid } = session.metadata;
    const changed = (current: Live<VoiceSession>): void => {
      if (current.metadata.uid === uid && !signal.aborted) onChange(current);
    };
    changed(session);
    if (signal.aborted) return;
    const stop = this.#informer.addHandler({
      add: (current) => changed(current),
      update: (_, current) => changed(current),
      delete: (current) => {
        if (current.metadata.uid === uid && !signal.aborted) onChange(undefined);
      },
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  }

  async #createOrGet(session: VoiceSession): Promise<Live<VoiceSession>> {
    try {
      return await this.#client.create(voiceSessions, session, { fieldManager: fieldManagers.gateway });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = await this.#client.get(voiceSessions, keyOf(session));
      const same = existing.spec.requestedBy?.interactionId === session.spec.requestedBy?.interactionId;
      if (!same && !isSameRecap(existing, session)) throw error;
      return existing;
    }
  }
}

/** The new list; undefined: nothing changes. Those that were muted keep their order. */
export function changedMutes(
  muted: readonly string[],
  { mute = [], unmute = [] }: MuteChange,
): readonly string[] | undefined {
  const after = [...new Set([...muted, ...mute])].filter((name) => !unmute.includes(name));
  const same = after.length === muted.length && after.every((name) => muted.includes(name));
  return same ? undefined : after;
}

function isSameRecap({ spec }: VoiceSession, { spec: other }: VoiceSession): boolean {
  return spec.mode === 'Recap' && other.mode === 'Recap' && spec.recapOf === other.recapOf;
}
