// The peer of `npm run bench -- voice`: an agent as the README of @livekit/agents shows one, in a production worker, with
// the OpenAI plugin for all three providers. See README.md beside it.
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, ServerOptions, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import * as silero from '@livekit/agents-plugin-silero';
import { RoomEvent } from '@livekit/rtc-node';
import * as ort from 'onnxruntime-node';
import OpenAI from 'openai';

/** @type {{variant: string, providers: string, endpointMs: number, interruptionMs: number, vadModel: string, instructions: string, voice: string, speed: number}} */
const given = JSON.parse(process.env.BENCH_AGENT ?? '{}');

/** A line for the bench. Several processes write to the same pipe: one write for one line. */
const tell = (event, fields = {}) =>
  writeSync(1, `${JSON.stringify({ event, pid: process.pid, ...fields })}\n`);

/** The library's defaults: its own VAD, its own model of turns' ends, preemptive generation. */
const asShipped = async () => ({});

/** What Skald does, as far as there is an option for it: the same weights, thresholds and times, and nothing preemptive. */
const likeSkald = async () => ({
  vad: new silero.VAD(
    await ort.InferenceSession.create(given.vadModel, {
      interOpNumThreads: 1,
      intraOpNumThreads: 1,
      executionMode: 'sequential',
    }),
    {
      minSpeechDuration: 96,
      minSilenceDuration: given.endpointMs,
      prefixPaddingDuration: 400,
      maxBufferedSpeech: 30_000,
      activationThreshold: 0.5,
      sampleRate: 16_000,
      forceCPU: true,
    },
  ),
  aecWarmupDuration: null,
  turnHandling: {
    turnDetection: 'vad',
    endpointing: { mode: 'fixed', minDelay: given.endpointMs, maxDelay: given.endpointMs },
    interruption: { mode: 'vad', minDuration: given.interruptionMs },
    preemptiveGeneration: { enabled: false },
  },
});

/** An agent without tools sends an empty list of them, which OpenAI's API refuses. */
const withoutEmptyTools = (url, init) =>
  fetch(url, { ...init, body: init?.body?.replace('"tools":[],', '') });

export default defineAgent({
  entry: async (context) => {
    const at = { baseURL: given.providers, apiKey: 'not-looked-at' };
    const session = new voice.AgentSession({
      stt: new openai.STT({ ...at, model: 'double-stt', language: 'en', useRealtime: false }),
      llm: new openai.LLM({
        model: 'double',
        client: new OpenAI({ ...at, maxRetries: 0, fetch: withoutEmptyTools }),
      }),
      tts: new openai.TTS({ ...at, model: 'double-tts', voice: given.voice, speed: given.speed }),
      ...(await (given.variant === 'default' ? asShipped : likeSkald)()),
    });
    session.on(voice.AgentSessionEventTypes.Error, ({ error }) =>
      tell('failed', { error: String(error?.error ?? error) }),
    );
    await session.start({ agent: new voice.Agent({ instructions: given.instructions }), room: context.room });
    await context.connect();
    // What a game master has an NPC say.
    context.room.on(RoomEvent.DataReceived, (text) => session.say(Buffer.from(text).toString()));
    tell('session');
  },
});

// Every process of the worker loads this file; one of them is the program that was started.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  cli.runApp(
    new ServerOptions({
      agent: fileURLToPath(import.meta.url),
      // The bench's own work is load, too, and a worker on a busy machine is given no room.
      loadFunc: async () => 0,
      numIdleProcesses: 1,
      host: '127.0.0.1',
      port: Number(process.env.BENCH_HEALTH_PORT),
    }),
  );
}
