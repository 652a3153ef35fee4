import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { HANN, resample } from '../../../src/audio/resampler.ts';
import type { Arrival, PersonHandle, SayOptions, SayResult, TalkSpurt } from '../api.ts';
import { refusalToJoin, type VoiceGrant, type VoiceStates } from '../gateway/voice-states.ts';
import { until } from '../until.ts';
import { readWav, writeWav } from '../wav.ts';
import type { Clock } from '../world/clock.ts';
import type { Guild, User, VoiceState } from '../world/model.ts';
import { ScenarioError } from '../world/world.ts';
import { Recorder } from './recorder.ts';
import { encodeFrames, type Frame, RtpClock, speak } from './speech.ts';
import { VoiceLink } from './voice-link.ts';

export interface PersonParts {
  clock: Clock;
  voiceStates: VoiceStates;
  /** PEM of the CA. */
  authority: () => string;
}

/** A simulated human: joins channels, speaks files, remembers what it heard. */
export class Person implements PersonHandle {
  readonly userId: string;
  readonly guildId: string;
  readonly name: string;
  readonly #parts: PersonParts;
  readonly #guild: Guild;
  readonly #sessionId = randomBytes(16).toString('hex');
  readonly #recorder = new Recorder();
  #link: VoiceLink | undefined;
  #rtp: RtpClock;
  #mode: string | undefined;
  #speech: { abort: AbortController; done: Promise<SayResult> } | undefined;

  constructor(guild: Guild, user: User, parts: PersonParts) {
    this.userId = user.id;
    this.guildId = guild.id;
    this.name = user.displayName;
    this.#guild = guild;
    this.#parts = parts;
    this.#rtp = new RtpClock(parts.clock);
    parts.voiceStates.follow(guild.id, user.id, (grant, state) => this.#connect(grant, state));
  }

  async joinVoice(channelId: string, options: { timeoutMs?: number; mode?: string } = {}): Promise<void> {
    const channel = this.#guild.channels.get(channelId);
    const member = this.#guild.members.get(this.userId);
    if (!channel || !member)
      throw new ScenarioError(`channel ${channelId} does not exist in guild ${this.guildId}`);
    const refusal = refusalToJoin(this.#guild, channel, member);
    if (refusal) throw new ScenarioError(`${this.name} cannot join ${channel.name}: ${refusal}`);
    this.#mode = options.mode;
    this.#parts.voiceStates.request(this.userId, this.#sessionId, {
      guildId: this.guildId,
      channelId,
      selfMute: false,
      selfDeaf: false,
    });
    await this.#usable(options.timeoutMs ?? 10_000);
  }

  #connect(grant: VoiceGrant, state: VoiceState): void {
    this.#link?.close();
    const { clock, authority } = this.#parts;
    const link = new VoiceLink(
      {
        ...grant,
        guildId: this.guildId,
        channelId: state.channelId,
        userId: this.userId,
        sessionId: state.sessionId,
        authority: authority(),
      },
      clock,
      this.#mode,
    );
    this.#rtp = new RtpClock(clock);
    link.on('packet', (packet) => this.#recorder.add(packet));
    link.on('closed', () => {
      if (this.#link === link) this.#link = undefined;
    });
    this.#link = link;
  }

  async #usable(timeoutMs: number): Promise<void> {
    const link = this.#link;
    if (!link) throw new ScenarioError(`${this.name} was not given a voice server`);
    const outcome = await until<'usable' | 'closed'>(
      (check) => {
        link.on('usable', check).on('closed', check);
        return () => link.off('usable', check).off('closed', check);
      },
      () => (link.usable ? 'usable' : this.#link === link ? undefined : 'closed'),
      timeoutMs,
    );
    if (outcome === 'usable') return;
    throw new ScenarioError(
      `${this.name} could not join the voice channel within ${timeoutMs} ms: ${link.progress}`,
    );
  }

  /** Resolves when a reconnection (move, server change) is usable again. */
  waitUntilUsable(timeoutMs = 10_000): Promise<void> {
    return this.#usable(timeoutMs);
  }

  /** The code that all members of the end-to-end group see. */
  get privacyCode(): string {
    return this.#link?.privacyCode ?? '';
  }

  async leaveVoice(): Promise<void> {
    await this.hush();
    this.#link?.close();
    this.#link = undefined;
    this.#parts.voiceStates.leave(this.#guild, this.userId, { closeCode: 4014, reason: 'Disconnected.' });
  }

  async say(wav: string | Buffer, options: SayOptions = {}): Promise<SayResult> {
    const bytes = typeof wav === 'string' ? await readFile(wav) : wav;
    const { samples, sampleRate } = readWav(bytes);
    const { gain, impairments } = options;
    const frames = encodeFrames(resample(samples, sampleRate, 48_000, HANN), {
      gain,
      loss: impairments?.loss,
    });
    return this.#speak(frames, options);
  }

  async sayPackets(packets: readonly Buffer[], options: SayOptions = {}): Promise<SayResult> {
    return this.#speak(
      packets.map((opus) => ({ opus, voiced: true })),
      options,
    );
  }

  async #speak(frames: Iterable<Frame>, options: SayOptions): Promise<SayResult> {
    const link = this.#link;
    if (!link) throw new ScenarioError(`${this.name} is not in a voice channel: joinVoice first`);
    // Somebody may just have come in: a client does not speak before the new group is in force.
    await this.#usable(5_000);
    if (this.#speech)
      throw new ScenarioError(`${this.name} is speaking already: await say() or hush() first`);
    const abort = new AbortController();
    const done = speak(link, this.#rtp, this.#parts.clock, frames, options, abort.signal);
    this.#speech = { abort, done };
    try {
      return await done;
    } finally {
      this.#speech = undefined;
    }
  }

  async hush(): Promise<void> {
    const speech = this.#speech;
    if (!speech) return;
    speech.abort.abort();
    await speech.done.catch(() => {});
  }

  async heard(): Promise<TalkSpurt[]> {
    return this.#recorder.spurts();
  }

  async heardPackets(from: string): Promise<Buffer[]> {
    return this.#recorder.packets(from);
  }

  async heardArrivals(from: string): Promise<Arrival[]> {
    return this.#recorder.arrivals(from);
  }

  /** The WAV's bytes, for the control API. */
  renderHeard(options: { from?: string; afterMs?: number } = {}): Buffer {
    return writeWav(this.#recorder.render(options));
  }

  async writeHeard(path: string, options: { from?: string; afterMs?: number } = {}): Promise<void> {
    await writeFile(path, this.renderHeard(options));
  }

  async waitToHear(options: {
    from: string;
    afterMs?: number;
    silenceMs?: number;
    timeoutMs?: number;
  }): Promise<TalkSpurt> {
    const { from, afterMs = Number.NEGATIVE_INFINITY, silenceMs = 500, timeoutMs = 15_000 } = options;
    const candidate = () =>
      this.#recorder.spurts().find((spurt) => spurt.userId === from && spurt.firstPacketAt > afterMs);
    let timer: NodeJS.Timeout | undefined;
    const found = await until(
      (check) => {
        // Silence makes no sound: besides each packet, look again when the pause would be long enough.
        const look = () => {
          check();
          clearTimeout(timer);
          timer = setTimeout(check, silenceMs + 1);
        };
        const unwatch = this.#recorder.watch(look);
        look();
        return () => {
          clearTimeout(timer);
          unwatch();
        };
      },
      () => {
        const spurt = candidate();
        const quietFor = spurt ? this.#parts.clock.now() - spurt.lastPacketAt : 0;
        return spurt && quietFor >= silenceMs ? spurt : undefined;
      },
      timeoutMs,
    );
    if (found) return found;
    const heard = candidate();
    const what = heard ? `it is still speaking after ${Math.round(heard.durationMs)} ms` : 'nothing came';
    throw new ScenarioError(`${this.name} waited ${timeoutMs} ms to hear ${from}: ${what}`);
  }

  async forgetHeard(): Promise<void> {
    this.#recorder.clear();
  }

  async close(): Promise<void> {
    await this.leaveVoice();
  }
}
