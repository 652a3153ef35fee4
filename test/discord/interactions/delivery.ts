import { sign } from 'node:crypto';
import { GatewayDispatchEvents } from 'discord-api-types/v10';
import type { GatewayHub } from '../gateway/hub.ts';
import type { RestContext } from '../rest/context.ts';
import { respond } from '../rest/routes-interactions.ts';
import type { Application } from '../world/model.ts';
import type { Timeline } from '../world/timeline.ts';
import { ScenarioError } from '../world/world.ts';
import { ACKNOWLEDGE_WITHIN_MS, type Interaction } from './ledger.ts';

/** What the application's endpoint answered, kept for tests of its refusals. */
export interface EndpointAnswer {
  status: number;
  body: string;
}

/** Brings interactions to the application: through its gateway session, or signed to its HTTP endpoint. */
export class InteractionDelivery {
  readonly #hub: GatewayHub;
  readonly #context: RestContext;
  readonly #timeline: Timeline;

  constructor(hub: GatewayHub, context: RestContext, timeline: Timeline) {
    this.#hub = hub;
    this.#context = context;
    this.#timeline = timeline;
  }

  async deliver(application: Application, interaction: Interaction, payload: unknown): Promise<void> {
    if (application.interactionsUrl) {
      await this.#post(application, application.interactionsUrl, interaction, payload);
      return;
    }
    this.#hub.dispatchToApplication(
      application.id,
      interaction.guildId,
      GatewayDispatchEvents.InteractionCreate,
      payload,
    );
  }

  /** The answer's body is the callback, or 202 and nothing says that it is made over the API. Anything else is no answer. */
  async #post(
    application: Application,
    url: string,
    interaction: Interaction,
    payload: unknown,
  ): Promise<void> {
    try {
      const answer = await postSigned(application, url, payload);
      if (answer.status === 202 && answer.body === '') return;
      if (answer.status === 200) respond(this.#context, interaction, JSON.parse(answer.body), []);
      else throw new Error(`status ${answer.status}`);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#timeline.record('interactionRefused', { userId: interaction.userId, detail });
    }
  }
}

export interface SignedRequestOptions {
  /** Age of the timestamp, for replays. @defaultValue 0 */
  ageSeconds?: number;
  /** Signs something else than what is sent. @defaultValue false */
  tamper?: boolean;
}

/** One signed request, as Discord sends it: Ed25519 over timestamp and raw body. */
export async function postSigned(
  application: Application,
  url: string,
  payload: unknown,
  options: SignedRequestOptions = {},
): Promise<EndpointAnswer> {
  const { privateKey } = application;
  if (!url) throw new ScenarioError(`application ${application.id} has no interactionsUrl: name a url`);
  if (!privateKey) {
    throw new ScenarioError(`application ${application.id} has a foreign public key: cannot sign for it`);
  }
  const body = JSON.stringify(payload);
  const timestamp = String(Math.floor(Date.now() / 1000) - (options.ageSeconds ?? 0));
  const signed = `${timestamp}${body}${options.tamper ? ' ' : ''}`;
  const signature = sign(null, Buffer.from(signed), privateKey).toString('hex');
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-signature-ed25519': signature,
      'x-signature-timestamp': timestamp,
    },
    signal: AbortSignal.timeout(ACKNOWLEDGE_WITHIN_MS),
  });
  return { status: response.status, body: await response.text() };
}
