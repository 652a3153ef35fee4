/** What a conversation runs on at the moment. All of its parts look here, so that a change is one for all of them. */
import type { TurnTaking } from '../turn/turn-taking.ts';
import type { Cast } from './cast.ts';
import type { ConversationProviders } from './conversation.ts';
import type { TurnTrace } from './turn-trace.ts';

export interface Settings {
  readonly cast: Cast;
  readonly providers: ConversationProviders;
  readonly turnTaking: TurnTaking;
  /** Of the configuration; empty: not known. */
  readonly revision: string;
}

export class Setting implements Settings {
  cast: Cast;
  providers: ConversationProviders;
  turnTaking: TurnTaking;
  revision: string;
  private readonly buildSha: string;

  constructor({ cast, providers, turnTaking, revision }: Settings, buildSha: string) {
    this.cast = cast;
    this.providers = providers;
    this.turnTaking = turnTaking;
    this.revision = revision;
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
