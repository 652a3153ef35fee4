/** The workers of a scene's sessions, as the gateway sees them: streams that a test speaks on. */
import type { Gateway } from '../../../gateway/gateway.ts';
import { AttachError } from '../../../src/rpc/attach-error.ts';
import { Inbox } from './inbox.ts';
import { eventually, type Scene } from './scene.ts';

export class Workers {
  readonly #scene: Scene;
  readonly #inboxes: Inbox[] = [];
  #counter = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** A name that no session of the scene had. */
  nextName(): string {
    this.#counter += 1;
    return `s${this.#counter}`;
  }

  /** A session that the operator has admitted and given a Job. */
  async provisioned(options: { readonly podUID?: string } = {}): Promise<{ name: string; job: string }> {
    const name = this.nextName();
    const job = `${name}-job`;
    await this.#scene.createSession(name);
    await this.#scene.operatorStatus(name, {
      phase: 'Provisioning',
      worker: { jobName: job, ...(options.podUID === undefined ? {} : { podUID: options.podUID }) },
    });
    return { name, job };
  }

  async dial(
    gateway: Gateway,
    job: string,
    options: { readonly podUid?: string; readonly namespace?: string } = {},
  ): Promise<Inbox> {
    const { podUid = 'pod-1', namespace = this.#scene.namespace } = options;
    const identity = await this.#scene.workerIdentity(job, namespace);
    const inbox = new Inbox(await this.#scene.dial(gateway, { identity, podUid }));
    this.#inboxes.push(inbox);
    return inbox;
  }

  /**
   * Dials until the gateway's cache has followed.
   * @param hearNobody while the database cannot say who opted out. @defaultValue false
   */
  async attached(
    gateway: Gateway,
    job: string,
    { podUid = 'pod-1', hearNobody = false }: { podUid?: string; hearNobody?: boolean } = {},
  ): Promise<Inbox> {
    return await eventually('the worker is served', async () => {
      const inbox = await this.dial(gateway, job, { podUid });
      try {
        // One that hears nobody is followed by another as soon as it is known who opted out.
        await inbox.configuredWith((session) => session.hearNobody === hearNobody);
        return inbox;
      } catch (error) {
        if (error instanceof AttachError && error.retryable) return undefined;
        throw error;
      }
    });
  }

  join(inbox: Inbox, channelId = this.#scene.voiceChannelId): void {
    inbox.stream.send({
      $case: 'voiceStateRequest',
      value: { guildId: this.#scene.guildId, channelId, selfMute: false, selfDeaf: false },
    });
  }

  /** After a test: no stream, session or fault is left for the next one. */
  async clear(): Promise<void> {
    for (const { stream } of this.#inboxes.splice(0)) await stream[Symbol.asyncDispose]();
    await this.#scene.deleteSessions();
    await eventually('no session is left', async () => (await this.#scene.sessions()).length === 0);
    await this.#scene.discord.clearFaults();
  }
}

/** The name of the code that the stream ended with, or closed. */
export async function refused(inbox: Inbox): Promise<string> {
  const end = await inbox.ended();
  return end instanceof AttachError ? end.codeName : end;
}
