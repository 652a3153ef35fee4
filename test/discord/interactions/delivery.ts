import { sign } from 'node:crypto';
import { GatewayDispatchEvents } from 'discord-api-types/v10';
import type { GatewayHub } from '../gateway/hub.ts';
import type { RestContext } from '../rest/context.ts';
import { respond } from '../rest/routes-interactions.ts';
import type { Application } from '../world/model.ts';
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

  constructor(hub: GatewayHub, context: RestContext) {
    this.#hub = hub;
    this.#context = context;
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

  /** The answer's body is the callback. Anything but 200 or 202 within 3 s counts as no answer. */
  async #post(
    application: Application,
    url: string,
    interaction: Interaction,
    payload: unknown,
  ): Promise<void> {
    const answer = await postSigned(application, url, payload).catch(() => undefined);
    if (answer?.status === 200) respond(this.#context, interaction, JSON.parse(answer.body), []);
  }
}

/** One signed request, as Discord sends it: Ed25519 over timestamp and raw body. */
export async function postSigned(
  application: Application,
  url: string,
  payload: unknown,
): Promise<EndpointAnswer> {
  const body = JSON.stringify(payload);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const { privateKey } = application;
  if (!privateKey)
    throw new Error(`application ${application.id} has a foreign public key: cannot sign for it`);
  const signature = sign(null, Buffer.from(timestamp + body), privateKey).toString('hex');
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
