/**
 * Speech to speech by OpenAI's Realtime API over a WebSocket (the generally available version; "Realtime API reference",
 * client and server events). Turns are ours: the server's own detection of them is off, because who is meant, and
 * whether anybody has to fall silent, is decided for the whole table.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { KAISER, Resampler } from '../../src/audio/resampler.ts';
import { toBytes } from '../../src/audio/wav.ts';
import { int16FromFloat, SampleReader } from '../audio/pcm.ts';
import type { NpcTool } from '../npc/tools/tool.ts';
import type { SpokenVoice } from '../npc/utterance-speech.ts';
import { type GuardedSocket, openSocket } from '../provider/guarded-websocket.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { ProviderError, withRetries } from '../provider/retry.ts';
import { EventQueue } from './event-queue.ts';
import { KnownLines } from './known-lines.ts';
import { type FunctionCall, readServerEvent, type ServerEvent, type ServerFault } from './server-events.ts';
import {
  SPOKEN_RATE,
  type SpeechToSpeech,
  type SpokenConversation,
  type SpokenPiece,
  type SpokenTurn,
} from './speech-to-speech.ts';

/** Longest wait for a connection, for the first sound, and for anything in the middle of an answer, milliseconds. */
const OPEN_MS = 5_000;
const FIRST_MS = 10_000;
const STALL_MS = 10_000;
/** Longest wait until an answer that was cut is over at the other end. */
const CANCEL_MS = 2_000;
/** The API has no default voice in its documentation for instructions of any character; this one it recommends. */
const DEFAULT_VOICE = 'marin';
/** A second of speech is about twenty tokens of sound, of text it is four. */
const SOUND_PER_TEXT = 6;
/** The API's own limit. */
const MOST_TOKENS = 4096;
/** Answers of the model within one of an NPC's: each but the last used tools. */
const MOST_STEPS = 4;
const HEARD_RATE = 16_000;
/** As much is resampled at once, so that the pacer's packets leave in time: a fifth of a second. */
const RESAMPLED_AT_ONCE = HEARD_RATE / 5;
const BYTES_PER_MS = (SPOKEN_RATE * 2) / 1000;

/** Added to the prompt, which speaks of text. */
const SPOKEN =
  'The last message is also given to you as it was spoken; its words are what counts. Speak your answer; never read out marks in square brackets.';

/** Events that may fail without harm: what they are about was over before they came. */
const HARMLESS: ReadonlySet<string> = new Set(['cancel', 'truncate', 'delete']);

export class OpenAiRealtime implements SpeechToSpeech {
  readonly endpoint: ProviderEndpoint;

  constructor(endpoint: ProviderEndpoint) {
    this.endpoint = endpoint;
  }

  open(voice: SpokenVoice): SpokenConversation {
    return new RealtimeConversation(this.endpoint, voice);
  }
}

interface Connection {
  readonly socket: GuardedSocket;
  readonly events: EventQueue<ServerEvent>;
  readonly known: KnownLines;
  /** The last `session.update` as sent; empty: none was. */
  session: string;
}

/** A message of the model's with sound in it. */
interface SpokenItem {
  readonly id: string;
  bytes: number;
}

/** An answer that has not ended at the other end. */
interface Running {
  readonly turn: string;
  /** Empty until the server says it. */
  responseId: string;
}

class RealtimeConversation implements SpokenConversation {
  endpoint: ProviderEndpoint;
  private readonly first: ProviderEndpoint;
  private readonly voice: SpokenVoice;
  private connection: Connection | undefined;
  private running: Running | undefined;
  private items: SpokenItem[] = [];
  private turns = 0;

  constructor(endpoint: ProviderEndpoint, voice: SpokenVoice) {
    this.endpoint = endpoint;
    this.first = endpoint;
    this.voice = voice;
  }

  async *answer(turn: SpokenTurn): AsyncGenerator<SpokenPiece, { readonly tokens: number }, undefined> {
    const { signal } = turn;
    const audio = await sound(turn.audio);
    const { connection, first } = await this.beginSomewhere(turn, audio);
    let tokens = 0;
    let event: ServerEvent = first;
    try {
      for (let step = 1; ; step++) {
        for (; event.type !== 'done'; event = await this.next(connection, STALL_MS, signal)) {
          const piece = this.pieceOf(event);
          if (piece !== undefined) yield piece;
        }
        tokens += event.tokens;
        if (event.status === 'failed') throw this.failed(event.error);
        if (event.calls.length === 0 || step === MOST_STEPS) return { tokens };
        await this.use(connection, event.calls, turn);
        this.ask(connection, turn, step + 1 < MOST_STEPS);
        event = await this.next(connection, FIRST_MS, signal);
      }
    } catch (error) {
      signal.throwIfAborted();
      // What it remembers of a broken turn nobody knows.
      this.close();
      throw error;
    } finally {
      this.cancel();
    }
  }

  heard(ms: number, words: string): void {
    const { connection, items } = this;
    this.items = [];
    if (connection === undefined) return;
    if (words !== '') connection.known.said(words);
    let left = Math.max(0, Math.round(ms));
    for (const { id, bytes } of items) {
      const whole = Math.floor(bytes / BYTES_PER_MS);
      if (left === 0) send(connection, { type: 'conversation.item.delete', event_id: 'delete', item_id: id });
      else if (left < whole)
        send(connection, {
          type: 'conversation.item.truncate',
          event_id: 'truncate',
          item_id: id,
          content_index: 0,
          audio_end_ms: left,
        });
      left = Math.max(0, left - whole);
    }
  }

  close(): void {
    this.connection?.socket.close();
    this.connection = undefined;
    this.running = undefined;
    this.items = [];
  }

  /** With the fallback when the provider does not answer, until the connection to that ends. */
  private async beginSomewhere(turn: SpokenTurn, audio: string) {
    const { signal } = turn;
    if (this.connection === undefined) this.endpoint = this.first;
    try {
      return await withRetries(() => this.begin(turn, audio), { signal });
    } catch (error) {
      const { fallback } = this.endpoint;
      if (signal.aborted || fallback === undefined) throw error;
      this.endpoint = fallback;
      return await withRetries(() => this.begin(turn, audio), { signal });
    }
  }

  /** Up to the first sound, word or call: what may be tried again, on another connection. */
  private async begin(
    turn: SpokenTurn,
    audio: string,
  ): Promise<{ connection: Connection; first: ServerEvent }> {
    const { signal } = turn;
    try {
      await this.settle(signal);
      let connection = this.connection ?? (await this.connect(signal));
      let missing = connection.known.missing(turn.prompt.messages);
      if (missing === undefined) {
        this.close();
        connection = await this.connect(signal);
        missing = turn.prompt.messages;
      }
      this.configure(connection, turn);
      this.tell(connection, missing, audio);
      this.items = [];
      this.ask(connection, turn, true);
      for (;;) {
        const event = await this.next(connection, FIRST_MS, signal);
        if (event.type === 'audio' || event.type === 'transcript') return { connection, first: event };
        if (event.type === 'done') {
          if (event.status === 'failed') throw this.failed(event.error);
          return { connection, first: event };
        }
      }
    } catch (error) {
      if (signal.aborted) this.cancel();
      else this.close();
      throw error;
    }
  }

  /** Nobody wants the rest of what is running. */
  private cancel(): void {
    if (this.running !== undefined && this.connection !== undefined)
      send(this.connection, { type: 'response.cancel', event_id: 'cancel' });
  }

  /** One answer at a time: the one that was cut must be over at the other end, too. */
  private async settle(signal: AbortSignal): Promise<void> {
    const { connection } = this;
    if (this.running === undefined || connection === undefined) return;
    const deadline = performance.now() + CANCEL_MS;
    try {
      for (;;) {
        const event = await connection.events.next(deadline - performance.now(), signal);
        if (event === undefined) return this.close();
        this.follow(event);
        if (this.running === undefined) return;
      }
    } catch {
      signal.throwIfAborted();
      this.close();
    }
  }

  private async connect(signal: AbortSignal): Promise<Connection> {
    const events = new EventQueue<ServerEvent>();
    const { role, model } = this.endpoint;
    // The connection outlives the turn: an answer that is cut does not end it.
    const opening = new AbortController();
    const onAbort = (): void => opening.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const socket = await openSocket(this.endpoint, {
        path: '/realtime',
        query: new URLSearchParams({ model }),
        signal: opening.signal,
        timeoutMs: OPEN_MS,
        onText: (text) => {
          const event = readServerEvent(text);
          if (event !== undefined) events.push(event);
          else events.fail(new ProviderError(role, `${role}: ${this.endpoint.baseUrl} sent no event`, {}));
        },
        onEnd: (reason) => {
          events.fail(reason);
          if (this.connection === connection) this.connection = undefined;
        },
      });
      const connection: Connection = { socket, events, known: new KnownLines(), session: '' };
      this.connection = connection;
      return connection;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private configure(connection: Connection, { prompt, tools }: SpokenTurn): void {
    const format = { type: 'audio/pcm', rate: SPOKEN_RATE };
    const { id = DEFAULT_VOICE, speed } = this.voice;
    const session = {
      type: 'realtime',
      output_modalities: ['audio'],
      instructions: `${prompt.system}\n${SPOKEN}`,
      max_output_tokens: Math.min(MOST_TOKENS, prompt.maxOutputTokens * SOUND_PER_TEXT),
      tools: tools.map(({ name, description, input }) => ({
        ...{ type: 'function', name, description },
        parameters: input,
      })),
      audio: {
        input: { format, turn_detection: null },
        // A voice cannot be changed once it has spoken; it is the same each time.
        output: { format, voice: id, speed: Math.min(1.5, Math.max(0.25, speed)) },
      },
    };
    const update = JSON.stringify({ type: 'session.update', session });
    if (connection.session === update) return;
    connection.session = update;
    connection.socket.send(update);
  }

  /** @param lines the last one is the turn's own */
  private tell(connection: Connection, lines: readonly Line[], audio: string): void {
    for (const [at, { role, content }] of lines.entries()) {
      const spoken = role === 'user' && at === lines.length - 1;
      const text = { type: role === 'user' ? 'input_text' : 'output_text', text: content };
      const parts = spoken ? [text, { type: 'input_audio', audio }] : [text];
      send(connection, { type: 'conversation.item.create', item: { type: 'message', role, content: parts } });
    }
    connection.known.tell(lines);
  }

  private ask(connection: Connection, { tools }: SpokenTurn, mayUseTools: boolean): void {
    const turn = `turn-${++this.turns}`;
    this.running = { turn, responseId: '' };
    const choice = tools.length === 0 ? {} : { tool_choice: mayUseTools ? 'auto' : 'none' };
    send(connection, {
      type: 'response.create',
      event_id: turn,
      response: { metadata: { turn }, ...choice },
    });
  }

  /** Runs what the model asks for. A tool that is not among the turn's is not run; the model is told so. */
  private async use(connection: Connection, calls: readonly FunctionCall[], turn: SpokenTurn): Promise<void> {
    const outputs = await Promise.all(calls.map((call) => used(call, turn)));
    turn.signal.throwIfAborted();
    for (const [at, output] of outputs.entries()) {
      const item = { type: 'function_call_output', call_id: calls[at]?.callId, output };
      send(connection, { type: 'conversation.item.create', item });
    }
  }

  /** The next event that is about the running answer. @throws ProviderError, also for an `error` of the server's */
  private async next(connection: Connection, ms: number, signal: AbortSignal): Promise<ServerEvent> {
    for (;;) {
      const event = await connection.events.next(ms, signal);
      const { role, baseUrl } = this.endpoint;
      if (event === undefined)
        throw new ProviderError(role, `${role}: ${baseUrl} sent nothing for ${ms} ms`, {});
      if (event.type === 'error' && !HARMLESS.has(event.eventId)) throw this.failed(event.error);
      if (this.follow(event)) return event;
    }
  }

  /** @returns whether it is about the running answer */
  private follow(event: ServerEvent): boolean {
    const { running } = this;
    if (running === undefined) return false;
    if (event.type === 'created' && event.turn === running.turn) running.responseId = event.responseId;
    if (!('responseId' in event) || event.responseId !== running.responseId) return false;
    if (event.type === 'done') this.running = undefined;
    return event.type !== 'created';
  }

  private pieceOf(event: ServerEvent): SpokenPiece | undefined {
    if (event.type === 'transcript') return { type: 'text', text: event.text };
    if (event.type !== 'audio') return undefined;
    const item = this.items.find(({ id }) => id === event.itemId);
    if (item === undefined) this.items.push({ id: event.itemId, bytes: event.bytes.length });
    else item.bytes += event.bytes.length;
    // The API cuts between samples.
    return { type: 'audio', samples: new SampleReader().push(event.bytes) };
  }

  private failed(fault: ServerFault | undefined): ProviderError {
    const { role, baseUrl, model } = this.endpoint;
    const { type = '', code = '', param = '' } = fault ?? {};
    const why = [type, code, param].filter((part) => part !== '').join(', ');
    const message = `${role}: ${baseUrl} with model ${model} answered an error (${why || 'unnamed'})`;
    return new ProviderError(role, message, { retryable: type !== 'invalid_request_error' });
  }
}

type Line = SpokenTurn['prompt']['messages'][number];

function send({ socket }: Connection, event: object): void {
  socket.send(JSON.stringify(event));
}

async function used(call: FunctionCall, { tools, signal }: SpokenTurn): Promise<string> {
  const tool: NpcTool | undefined = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return `There is no tool ${call.name}.`;
  try {
    const input: unknown = call.arguments === '' ? {} : JSON.parse(call.arguments);
    return await tool.run(input, signal);
  } catch (error) {
    return `It failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Base64 of 16-bit samples at the API's rate. */
async function sound(heard: Int16Array): Promise<string> {
  const resampler = new Resampler(HEARD_RATE, SPOKEN_RATE, KAISER);
  const pieces: Buffer[] = [];
  const keep = (samples: Float32Array): void => {
    pieces.push(Buffer.from(toBytes(Int16Array.from(samples, int16FromFloat))));
  };
  for (let at = 0; at < heard.length; at += RESAMPLED_AT_ONCE) {
    keep(resampler.push(Float32Array.from(heard.subarray(at, at + RESAMPLED_AT_ONCE), (s) => s / 32768)));
    await breathe();
  }
  keep(resampler.flush());
  return Buffer.concat(pieces).toString('base64');
}
