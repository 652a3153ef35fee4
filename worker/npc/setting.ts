/** What a conversation runs on at the moment. All of its parts look here, so that a change is one for all of them. */
import type { Cast } from './cast.ts';
import type { ConversationProviders } from './conversation.ts';
import type { TurnTrace } from './turn-trace.ts';

export interface SettingParts {
  readonly cast: Cast;
  readonly providers: ConversationProviders;
  readonly buildSha: string;
}

export class Setting {
  cast: Cast;
  providers: ConversationProviders;
  /** Of the configuration; empty: not known. */
  revision = '';
  private readonly buildSha: string;

  constructor({ cast, providers, buildSha }: SettingParts) {
    this.cast = cast;
    this.providers = providers;
    this.buildSha = buildSha;
  }

  /** What every line of the transcript says of how it came about. */
  reproducible({ correlationId }: Pick<TurnTrace, 'correlationId'>) {
    return {
      language: this.cast.language || undefined,
      correlationId,
      buildSha: this.buildSha,
      models: this.providers.models,
      configRevision: this.revision || undefined,
    };
  }
}
