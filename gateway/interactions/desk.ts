/**
 * Where every interaction comes in, whichever way Discord brought it: taken once, answered by the router, and what became
 * of the answer is written down. Whoever lost an answer is told it at their next command.
 */
import { type APIInteraction, ApplicationCommandType, InteractionType } from 'discord-api-types/v10';
import { correlationIdOf } from '../../src/api/correlation.ts';
import type { TenantDiscord } from '../../src/api/index.ts';
import type { Clock } from '../../src/kube/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { messageBody } from '../commands/answer.ts';
import type { CommandHost } from '../commands/command.ts';
import { CommandRouter, commandOf, type RouterOptions } from '../commands/router.ts';
import { type Messages, messagesFor } from '../messages/catalogue.ts';
import type { Entry, InteractionLedger } from './ledger.ts';
import { observe } from './observe.ts';

export interface DeskOptions {
  /** As it is when the interaction is taken. */
  readonly host: () => CommandHost;
  readonly discord: () => TenantDiscord;
  readonly ledger: Pick<InteractionLedger, 'claim' | 'told'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An interaction that asks for an effect; choices and pings ask for none. */
type Asked = Exclude<
  APIInteraction,
  { readonly type: InteractionType.Ping | InteractionType.ApplicationCommandAutocomplete }
>;

export class InteractionDesk {
  readonly #o: DeskOptions;

  constructor(options: DeskOptions) {
    this.#o = options;
  }

  /** Answers it, unless it was taken before. Never throws. */
  async take(interaction: APIInteraction, api: RouterOptions['api']): Promise<void> {
    const { log } = this.#o;
    try {
      if (isAsked(interaction)) await this.#takeOnce(interaction, api);
      else await this.#router(api).handle(interaction);
    } catch (error) {
      log.error({ err: error, interaction: interaction.id }, 'An interaction was not answered');
    }
  }

  async #takeOnce(interaction: Asked, api: RouterOptions['api']): Promise<void> {
    const { ledger, log } = this.#o;
    const correlationId = correlationIdOf(interaction.id);
    const entry = await ledger.claim({
      id: interaction.id,
      guildId: interaction.guild_id ?? '',
      userId: interaction.member?.user.id ?? interaction.user?.id ?? '',
      command: nameOf(interaction),
      correlationId,
    });
    if (entry === undefined) {
      log.info({ interaction: interaction.id, corr: correlationId }, 'An interaction was brought again');
      return;
    }
    const answered = Promise.withResolvers<void>();
    let failed = false;
    let text: string | undefined;
    let state: 'running' | 'answered' | 'lost' = 'running';
    const note = (): void => entry.record({ state, failed, result: text });
    const interactions = observe(api.interactions, (observation) => {
      if (observation.kind === 'deferred') return;
      // What was shown once has arrived, whatever becomes of later changes.
      if (observation.kind === 'shown') state = 'answered';
      else if (state !== 'answered') state = 'lost';
      if (observation.kind === 'shown' || state === 'lost') text = observation.text ?? text;
      note();
      if (state === 'answered') answered.resolve();
    });
    const onFailed = (): void => {
      failed = true;
      note();
    };
    await this.#router({ ...api, interactions }, onFailed).handle(interaction);
    if (entry.lost === undefined || interaction.type !== InteractionType.ApplicationCommand) return;
    await answered.promise;
    await this.#tell(entry.lost, interaction, api);
  }

  /** To the asker alone, below the answer. */
  async #tell(
    lost: NonNullable<Entry['lost']>,
    interaction: Asked,
    api: RouterOptions['api'],
  ): Promise<void> {
    const { ledger, log } = this.#o;
    const text = lateAnswer(lost, messagesFor(interaction.locale));
    try {
      const body = messageBody({ content: text }, { ephemeral: true });
      await api.interactions.followUp(interaction.application_id, interaction.token, body);
      await ledger.told(lost.id);
    } catch (error) {
      // It is told at the next command.
      log.debug({ err: error, interaction: lost.id }, 'A late answer could not be told');
    }
  }

  #router(api: RouterOptions['api'], onFailed?: () => void): CommandRouter {
    const { host, discord, clock, log } = this.#o;
    return new CommandRouter({
      api,
      host: host(),
      discord,
      clock,
      log,
      ...(onFailed === undefined ? {} : { onFailed }),
    });
  }
}

function lateAnswer(
  { command, correlationId, result }: NonNullable<Entry['lost']>,
  { interactions: messages }: Messages,
): string {
  const what = command.includes(':') ? messages.button : messages.command(command);
  return result === undefined
    ? messages.interrupted(what, correlationId)
    : messages.lost(what, correlationId, result.slice(0, 1_500));
}

function isAsked(interaction: APIInteraction): interaction is Asked {
  return (
    interaction.type !== InteractionType.Ping &&
    interaction.type !== InteractionType.ApplicationCommandAutocomplete
  );
}

/** The command's full name; of a button or a form its command and action. */
function nameOf(interaction: Asked): string {
  if (interaction.type !== InteractionType.ApplicationCommand) {
    return interaction.data.custom_id.split(':').slice(0, 2).join(':');
  }
  return interaction.data.type === ApplicationCommandType.ChatInput
    ? commandOf({ data: interaction.data }).command
    : interaction.data.name;
}
