/** Everybody's open utterances: to the recogniser, back as words, and between the two how long each pause may last. */

import type { HeardUtterance, SpeechEvent } from '../turn/ears-protocol.ts';
import { Endpointing } from '../turn/endpointing.ts';
import type { LaneSettings } from '../turn/lane.ts';
import { isBackchannel } from './backchannels.ts';
import type { ConversationParts } from './conversation.ts';
import { type Guess, Hearing, type Transcript } from './hearing.ts';
import type { Setting } from './setting.ts';

export interface ListeningParts
  extends Pick<ConversationParts, 'journal' | 'takesTurns' | 'health' | 'listen' | 'endpoint'> {
  readonly setting: Setting;
  /** Ends with the session. */
  readonly signal: AbortSignal;
  /** Whether an answer is held, until it is known what somebody has said into it. */
  readonly holding: () => boolean;
  /** What a person has said up to a pause that may be the end. */
  readonly guessed: (userId: string, text: string) => void;
  /** What was guessed last was not all. */
  readonly wentOn: (userId: string) => void;
}

/** Silence after which it is looked at what was said so far, milliseconds: 6 frames of the voice model. */
const PAUSE_MS = 200;

export class Listening {
  private readonly parts: ListeningParts;
  private readonly endpointing: Endpointing;
  private readonly hearings = new Map<string, Hearing>();

  constructor(parts: ListeningParts) {
    this.parts = parts;
    this.endpointing = new Endpointing(parts.setting.turnTaking);
  }

  /** The setting changed. */
  configure(): void {
    const { setting, listen } = this.parts;
    this.endpointing.settings = setting.turnTaking;
    listen(laneOf(setting));
    for (const userId of this.hearings.keys()) if (setting.cast.optedOut(userId)) this.forget(userId);
  }

  speech(event: SpeechEvent): void {
    const { userId } = event;
    if (event.type === 'started') {
      this.hearings.get(userId)?.cancel();
      this.hearings.delete(userId);
      if (this.wanted(userId)) this.hearings.set(userId, this.hearing(userId));
      return;
    }
    const hearing = this.hearings.get(userId);
    if (event.type === 'audio') hearing?.push(event.samples);
    else if (event.type === 'pause') hearing?.pause(event);
    else {
      hearing?.resume();
      this.endpointing.wentOn(userId, event.silentMs);
      this.parts.wentOn(userId);
    }
  }

  /**
   * What was said in an utterance.
   *
   * @throws ProviderError when no transcript could be had; the abort reason when the session is over.
   */
  async words(heard: HeardUtterance): Promise<Transcript> {
    const { userId } = heard;
    const { health, signal } = this.parts;
    const hearing = this.hearings.get(userId) ?? this.hearing(userId);
    this.hearings.delete(userId);
    try {
      const transcript = await hearing.end(heard);
      health('stt', undefined);
      return transcript;
    } catch (error) {
      if (!signal.aborted) health('stt', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** The person left, or is not to be heard. */
  forget(userId: string): void {
    this.hearings.get(userId)?.cancel();
    this.hearings.delete(userId);
    this.endpointing.forget(userId);
  }

  close(): void {
    for (const hearing of this.hearings.values()) hearing.cancel();
    this.hearings.clear();
  }

  private wanted(userId: string): boolean {
    const { setting, takesTurns } = this.parts;
    const { stream = false, pauseMs = 0 } = laneOf(setting);
    return (stream || pauseMs > 0) && takesTurns() && !setting.cast.optedOut(userId);
  }

  private hearing(userId: string): Hearing {
    const { journal, setting, signal } = this.parts;
    const { cast, providers } = setting;
    return new Hearing({
      ...{ stt: providers.stt, names: cast.names(), language: cast.language, signal },
      ended: () => journal.count({ utterances: 1 }),
      guess: (guess) => this.guess(userId, guess),
    });
  }

  private guess(userId: string, { pause, text, settled }: Guess): void {
    const { endpoint, guessed, holding, setting } = this.parts;
    const { cast } = setting;
    // Alone "hm" begins a sentence; said into an answer it was all, and the NPC waits for nothing.
    const listens = text !== undefined && holding() && isBackchannel(text);
    const delayMs = listens
      ? setting.turnTaking.minDelayMs
      : this.endpointing.delayMs(userId, text, cast.language, calls(cast.addressable()));
    if (setting.turnTaking.endpointing === 'dynamic') endpoint(userId, pause, delayMs);
    if (settled && text !== undefined) guessed(userId, text);
  }
}

/** What the listening thread has to tell of utterances that are being spoken. */
export function laneOf({
  providers,
  turnTaking,
}: Pick<Setting, 'providers' | 'turnTaking'>): Partial<LaneSettings> {
  const { endpointing, minDelayMs, maxDelayMs, preemptive } = turnTaking;
  const looks = preemptive || endpointing === 'dynamic';
  return {
    // Without words nothing can be said of a pause. They come, or the recogniser is out of order.
    endpointMs: endpointing === 'fixed' ? minDelayMs : maxDelayMs,
    pauseMs: looks ? Math.min(PAUSE_MS, minDelayMs) : 0,
    stream: providers.stt.open !== undefined,
  };
}

/** As which NPCs are called. */
function calls(
  npcs: readonly { readonly name: string; readonly aliases: readonly string[] }[],
): readonly string[] {
  return npcs.flatMap(({ name, aliases }) => [name, ...aliases]);
}
