/**
 * What becomes of a request that claims to be Discord's. Whichever gateway gets it verifies it and gives it to the one
 * that serves the tenant, which verifies it again. It is answered over Discord's API, as one that came over the websocket,
 * so the request itself is answered with 202 and nothing in it: the same code runs for both, and an edit never overtakes
 * the answer that it edits.
 */
import {
  type APIInteraction,
  type APIInteractionResponse,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
} from 'discord-api-types/v10';
import type { Tenant } from '../../../src/api/index.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import { messagesFor } from '../../messages/catalogue.ts';
import { checkSignature, type SignedRequest } from './signature.ts';

export interface IntakeOptions {
  readonly tenantOf: (applicationId: string) => IntakeTenant | undefined;
  /** Takes it when the tenant is served here. @returns false: it is not, or its bot is not connected yet */
  readonly take: (tenant: IntakeTenant, interaction: APIInteraction) => boolean;
  /** Gives it to the gateway that serves the tenant. @returns whether that has taken it; never rejects */
  readonly forward: (tenant: IntakeTenant, request: SignedRequest) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

export type IntakeTenant = Pick<Tenant, 'spec' | 'status'>;

/** What the request is answered with. */
export type Receipt =
  | { readonly status: 200; readonly body: APIInteractionResponse }
  | { readonly status: 202 }
  /** The signature is not right, or nobody is asked for here: which, is nobody's business. */
  | { readonly status: 401 }
  /** Signed, and no interaction. */
  | { readonly status: 400 };

type Verified =
  | { readonly tenant: IntakeTenant; readonly interaction: APIInteraction }
  | { readonly refusal: Receipt };

export class Intake {
  readonly #o: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#o = options;
  }

  /** A request as Discord has posted it. */
  async receive(request: SignedRequest): Promise<Receipt> {
    const verified = this.#verify(request);
    if ('refusal' in verified) return verified.refusal;
    const { tenant, interaction } = verified;
    if (interaction.type === InteractionType.Ping)
      return { status: 200, body: { type: InteractionResponseType.Pong } };
    const taken = this.#o.take(tenant, interaction) || (await this.#o.forward(tenant, request));
    return taken ? { status: 202 } : { status: 200, body: notYet(interaction) };
  }

  /** What another gateway has got. @returns whether it was taken */
  deliver(request: SignedRequest): boolean {
    const verified = this.#verify(request);
    return !('refusal' in verified) && this.#o.take(verified.tenant, verified.interaction);
  }

  #verify(request: SignedRequest): Verified {
    const { tenantOf, now, log } = this.#o;
    const { applicationId } = request;
    const tenant = tenantOf(applicationId);
    const { publicKey, interactions } = tenant?.spec.discord ?? {};
    if (tenant === undefined || publicKey === undefined || interactions !== 'http') {
      log.debug(
        { application: applicationId },
        'An interaction for an application without HTTP interactions',
      );
      return { refusal: { status: 401 } };
    }
    const problem = checkSignature(request, publicKey, now());
    if (problem !== undefined) {
      log.debug({ application: applicationId, problem }, 'An interaction that Discord has not signed');
      return { refusal: { status: 401 } };
    }
    const interaction = interactionIn(request.body);
    if (interaction === undefined) return { refusal: { status: 400 } };
    if (interaction.application_id !== applicationId) return { refusal: { status: 401 } };
    return { tenant, interaction };
  }
}

/** Discord has signed it: of its form no more is checked than what is read here. */
function interactionIn(body: Buffer): APIInteraction | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  return isInteraction(value) ? value : undefined;
}

function isInteraction(value: unknown): value is APIInteraction {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'type' in value &&
    typeof value.type === 'number'
  );
}

/** No gateway can answer it now: a word of that is better than none. */
function notYet(interaction: APIInteraction): APIInteractionResponse {
  if (interaction.type === InteractionType.ApplicationCommandAutocomplete) {
    return { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices: [] } };
  }
  const locale = 'locale' in interaction ? interaction.locale : undefined;
  return {
    type: InteractionResponseType.ChannelMessageWithSource,
    data: { content: messagesFor(locale).refusal.starting, flags: MessageFlags.Ephemeral },
  };
}
