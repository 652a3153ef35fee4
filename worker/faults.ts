/** What happens to a session, in the words of what is out of order then. */
import type { ProviderRole } from '../src/api/provider-roles.ts';
import type { VoiceStateUpdate } from '../src/rpc/generated/skald/v1/gateway.ts';
import type { DegradationReason, Degradations } from './degradations.ts';
import { silencedBy } from './transport/silenced.ts';

/** A connection that is being rebuilt for less than this is not worth a report, milliseconds. */
const VOICE_GRACE_MS = 1500;

const PROVIDER_REASONS: Readonly<Record<ProviderRole, DegradationReason>> = {
  stt: 'SpeechToTextUnavailable',
  llm: 'LanguageModelUnavailable',
  tts: 'TextToSpeechUnavailable',
  moderation: 'ModerationUnavailable',
  speechToSpeech: 'SpeechToSpeechUnavailable',
};

export class Faults {
  private readonly degradations: Degradations;
  private voiceTimer: NodeJS.Timeout | undefined;
  private dropped = 0;

  constructor(degradations: Degradations) {
    this.degradations = degradations;
  }

  /** @param failure undefined: it works again */
  provider(role: ProviderRole, failure: string | undefined): void {
    this.degradations.set(PROVIDER_REASONS[role], failure);
  }

  gateway(attached: boolean, why: string | undefined): void {
    const message = `The gateway is out of reach (${why ?? 'unknown'}); audio goes on, commands wait.`;
    this.degradations.set('GatewayDisconnected', attached ? undefined : message);
  }

  optOuts(unknown: boolean): void {
    const why = 'It cannot be read who does not want to be heard: nobody is heard until it can.';
    this.degradations.set('OptOutsUnavailable', unknown ? why : undefined);
  }

  /** What Discord says of the bot itself. */
  botState(update: VoiceStateUpdate): void {
    const { muted, deafened } = silencedBy(update);
    this.degradations.set('BotMuted', muted);
    this.degradations.set('BotDeafened', deafened);
  }

  voiceLost(): void {
    clearTimeout(this.voiceTimer);
    this.voiceTimer = setTimeout(() => {
      this.degradations.set('VoiceDisconnected', 'The voice connection was lost and is being built anew.');
    }, VOICE_GRACE_MS);
  }

  voiceBack(): void {
    clearTimeout(this.voiceTimer);
    this.degradations.set('VoiceDisconnected', undefined);
  }

  /** @param count since the session began; looked at now and then */
  droppedPackets(count: number): void {
    const message = 'Voice packets were dropped: the worker has too little CPU.';
    this.degradations.set('PacketsDropped', count > this.dropped ? message : undefined);
    this.dropped = count;
  }

  close(): void {
    clearTimeout(this.voiceTimer);
  }
}
