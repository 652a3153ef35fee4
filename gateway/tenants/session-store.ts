/**
 * The tenant's VoiceSessions as the commands see them: the cache, what was just created and is not in it yet, and the
 * two writes that a gateway may make.
 */
import { fieldManagers, type VoiceSession } from '../../src/api/index.ts';
import { type Client, type Informer, isAlreadyExists, keyOf, type Live } from '../../src/kube/index.ts';
import { voiceSessions } from '../resources.ts';

export class TenantSessions {
  readonly #client: Client;
  readonly #informer: Informer<VoiceSession>;
  readonly #created = new Map<string, Live<VoiceSession>>();

  constructor(client: Client, informer: Informer<VoiceSession>) {
    this.#client = client;
    this.#informer = informer;
    const seen = (session: Live<VoiceSession>): void => void this.#created.delete(session.metadata.uid);
    informer.addHandler({ add: seen, update: (_, session) => seen(session), delete: seen });
  }

  list(): readonly Live<VoiceSession>[] {
    return [...this.#informer.list(), ...this.#created.values()];
  }

  /** Creates it; what exists under the name already is returned when the same interaction asked for it. */
  async create(session: VoiceSession): Promise<Live<VoiceSession>> {
    const created = await this.#createOrGet(session);
    if (this.#informer.get(keyOf(created)) === undefined) this.#created.set(created.metadata.uid, created);
    return created;
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
      if (existing.spec.requestedBy?.interactionId !== session.spec.requestedBy?.interactionId) throw error;
      return existing;
    }
  }
}
