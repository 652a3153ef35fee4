/** The sessions of one tenant that this gateway serves, by the UID of their VoiceSession. */
import { status } from '@grpc/grpc-js';
import type { VoiceSession } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import type { SessionRuntime } from './session-runtime.ts';

export class SessionRuntimes {
  readonly #make: (session: Live<VoiceSession>) => SessionRuntime;
  readonly #byUid = new Map<string, SessionRuntime>();

  constructor(make: (session: Live<VoiceSession>) => SessionRuntime) {
    this.#make = make;
  }

  /** The session's, made when there is none. */
  of(session: Live<VoiceSession>): SessionRuntime {
    const { uid } = session.metadata;
    const runtime = this.#byUid.get(uid) ?? this.#make(session);
    this.#byUid.set(uid, runtime);
    return runtime;
  }

  find(session: Live<VoiceSession>): SessionRuntime | undefined {
    return this.#byUid.get(session.metadata.uid);
  }

  all(): readonly SessionRuntime[] {
    return [...this.#byUid.values()];
  }

  /** The live session of a guild; one that is attached comes first. */
  inGuild(guildId: string): SessionRuntime | undefined {
    const here = this.all().filter((runtime) => runtime.guildId === guildId && !runtime.isRecap);
    return here.find(({ attachedPodUid }) => attachedPodUid !== undefined) ?? here[0];
  }

  /** What workers are configured with has changed. */
  configure(): void {
    for (const runtime of this.#byUid.values()) runtime.onConfiguration();
  }

  /** The session is over. @returns what served it */
  end(session: Live<VoiceSession>): SessionRuntime | undefined {
    const runtime = this.find(session);
    runtime?.close(status.OK, '');
    this.#byUid.delete(session.metadata.uid);
    return runtime;
  }

  /** Workers dial another gateway. */
  close(): void {
    for (const runtime of this.#byUid.values())
      runtime.close(status.UNAVAILABLE, 'this gateway no longer serves the tenant; dial again');
    this.#byUid.clear();
  }
}
