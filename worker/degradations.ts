import type { VoiceReason } from '../src/api/reasons.ts';

/** What does not work now, by reason: the session is DEGRADED while anything is in here. */

export const degradationReasons = {
  VoiceDisconnected: 'voice connection',
  GatewayDisconnected: 'gateway connection',
  SpeechToTextUnavailable: 'speech recognition',
  LanguageModelUnavailable: 'language model',
  TextToSpeechUnavailable: 'speech synthesis',
  SpeechToSpeechUnavailable: 'speech to speech',
  ModerationUnavailable: 'moderation',
  FallbackServes: 'fallback provider',
  TranscriptUnavailable: 'transcript database',
  ToolsUnavailable: 'tool servers',
  ListeningFailed: 'listening thread',
  OptOutsUnavailable: 'opt-outs',
  PacketsDropped: 'listening thread falls behind',
  AmbienceUnavailable: 'ambience',
  BotMuted: 'muted by Discord',
  BotDeafened: 'deafened by Discord',
} as const satisfies { readonly [reason in VoiceReason]?: string };

export type DegradationReason = keyof typeof degradationReasons;

/** The one shown when several hold: the one that takes most away. */
const ORDER: readonly DegradationReason[] = [
  'VoiceDisconnected',
  'ListeningFailed',
  'BotDeafened',
  'BotMuted',
  'OptOutsUnavailable',
  'SpeechToTextUnavailable',
  'LanguageModelUnavailable',
  'TextToSpeechUnavailable',
  'SpeechToSpeechUnavailable',
  'ModerationUnavailable',
  'PacketsDropped',
  'GatewayDisconnected',
  'TranscriptUnavailable',
  'AmbienceUnavailable',
  'ToolsUnavailable',
  'FallbackServes',
];

export class Degradations {
  private readonly active = new Map<DegradationReason, string>();
  private readonly changed: () => void;

  /** @param changed is called when what is shown changes. */
  constructor(changed: () => void) {
    this.changed = changed;
  }

  /** @param message a sentence a person can act on; undefined: it works again. */
  set(reason: DegradationReason, message: string | undefined): void {
    if (this.active.get(reason) === message) return;
    if (message === undefined) this.active.delete(reason);
    else this.active.set(reason, message);
    this.changed();
  }

  get worst(): { readonly reason: DegradationReason; readonly message: string } | undefined {
    const reason = ORDER.find((candidate) => this.active.has(candidate));
    return reason === undefined ? undefined : { reason, message: this.active.get(reason) ?? '' };
  }
}
