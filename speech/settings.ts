import type { RecogniserFiles } from './recogniser/process.ts';

/** How the sidecar runs; every field has a default that fits its image. */
export interface SpeechSettings {
  /** @defaultValue `0.0.0.0`: the kubelet probes `/healthz` on the pod's address. */
  readonly host: string;
  /** @defaultValue 8090 */
  readonly port: number;
  /** Whether clients on other machines than this pod may use it. @defaultValue false: they get `/healthz` only. */
  readonly openToNetwork: boolean;
  /** Recognitions at the same time; each keeps about 110 MB of models. @defaultValue 1 */
  readonly recognisers: number;
  /** Recognitions that may wait for one. @defaultValue 8 */
  readonly queue: number;
  /** Texts spoken at the same time. @defaultValue 8 */
  readonly voices: number;
  readonly files: RecogniserFiles;
  /** The program, by name or path. */
  readonly espeak: string;
}

/** Largest upload, in bytes: a minute of 48 kHz stereo is 11.5 MB. */
export const MOST_UPLOAD_BYTES = 12 * 1024 * 1024;

/** Longest recording, in seconds. A recording takes about 0.15 of its length to recognise. */
export const LONGEST_RECORDING = 60;

/** Longest text to speak, in characters, as OpenAI documents for its own endpoint. */
export const LONGEST_TEXT = 4096;

const MODELS = '/usr/share/pocketsphinx/model/en-us';

/**
 * Reads the settings from `SKALD_SPEECH_*`. All problems are reported at once.
 *
 * @throws an Error whose message has one line for each problem.
 */
export function readSettings(environment: NodeJS.ProcessEnv): SpeechSettings {
  const problems: string[] = [];
  const whole = (name: string, fallback: number, least: number, most: number): number => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    problems.push(`${name} is ${JSON.stringify(text)}; it must be a whole number from ${least} to ${most}`);
    return fallback;
  };
  const clients = environment.SKALD_SPEECH_CLIENTS || 'pod';
  if (clients !== 'pod' && clients !== 'any') {
    problems.push(`SKALD_SPEECH_CLIENTS is ${JSON.stringify(clients)}; it must be "pod" or "any"`);
  }
  const models = environment.SKALD_SPEECH_MODELS || MODELS;
  const settings: SpeechSettings = {
    host: environment.SKALD_SPEECH_HOST || '0.0.0.0',
    port: whole('SKALD_SPEECH_PORT', 8090, 0, 65_535),
    openToNetwork: clients === 'any',
    recognisers: whole('SKALD_SPEECH_RECOGNISERS', 1, 1, 16),
    queue: whole('SKALD_SPEECH_QUEUE', 8, 0, 1000),
    voices: whole('SKALD_SPEECH_VOICES', 8, 1, 100),
    files: {
      program: environment.SKALD_SPEECH_RECOGNISER || '/app/skald-recogniser',
      acousticModel: `${models}/en-us`,
      dictionary: `${models}/cmudict-en-us.dict`,
      languageModel: `${models}/en-us.lm.bin`,
    },
    espeak: environment.SKALD_SPEECH_ESPEAK || 'espeak-ng',
  };
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}
