import { once } from 'node:events';
import { PHRASES } from './recogniser/phrases.ts';
import { RecogniserPool } from './recogniser/pool.ts';
import { Recogniser } from './recogniser/recogniser.ts';
import { createSpeechServer, type SpeechServices } from './server.ts';
import { readSettings, type SpeechSettings } from './settings.ts';
import { EspeakVoices, speak, transcribe } from './voice/espeak.ts';

/** Exit code when the settings are wrong, as `src/api/exit-codes.ts` has it; this program takes nothing of Skald but its audio. */
const CONFIGURATION_ERROR = 64;

/** How long requests may take to end after the signal to stop, in milliseconds. */
const DRAIN = 2000;

/**
 * The speech sidecar: recognition and voices without a cloud, behind the HTTP interface that OpenAI gave them.
 * Runs until the signal aborts, or SIGTERM or SIGINT when none is given. Gives the exit code.
 */
export async function main(signal?: AbortSignal): Promise<number> {
  const stop = signal ?? stopOnSignals();
  let settings: SpeechSettings;
  try {
    settings = readSettings(process.env);
  } catch (error) {
    log('error', 'the settings are wrong', { error: String(error) });
    return CONFIGURATION_ERROR;
  }
  const pool = new RecogniserPool(makeRecognisers(settings), settings.queue);
  const services = Promise.withResolvers<SpeechServices>();
  const server = createSpeechServer({
    services: services.promise,
    openToNetwork: settings.openToNetwork,
    log,
  });
  const closed = once(server, 'close');
  try {
    server.listen(settings.port, settings.host);
    await once(server, 'listening', { signal: stop });
    log('info', 'listening', { address: server.address() });
    services.resolve(await loadServices(settings, pool, stop));
    await new Promise((resolve) => {
      if (stop.aborted) resolve(undefined);
      else stop.addEventListener('abort', resolve, { once: true });
    });
    return 0;
  } catch (error) {
    if (stop.aborted) return 0;
    log('error', 'could not start', { error: String(error) });
    return 1;
  } finally {
    services.reject(new Error('the server stops')); // nothing, when they are loaded
    const wasListening = server.listening;
    server.close();
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN);
    if (wasListening) await closed;
    clearTimeout(cut);
    await pool.close();
  }
}

function makeRecognisers({ recognisers, files, espeak }: SpeechSettings): Recogniser[] {
  return Array.from(
    { length: recognisers },
    () => new Recogniser(files, PHRASES, (words, signal) => transcribe(espeak, words, signal)),
  );
}

/** Loads voices and models, and speaks to the recogniser once: the first request shall be as fast as the others. */
async function loadServices(
  { espeak, voices: mostSpoken, recognisers }: SpeechSettings,
  pool: RecogniserPool,
  signal: AbortSignal,
): Promise<SpeechServices> {
  const started = performance.now();
  const nobody = { names: new Map<string, string>(), unpronounceable: [] };
  const silence = new Int16Array(8000);
  const [voices] = await Promise.all([
    EspeakVoices.load(espeak, signal),
    ...Array.from({ length: recognisers }, () => pool.hear(silence, nobody, signal)),
  ]);
  log('info', 'ready', { ms: Math.round(performance.now() - started) });
  return { pool, voices, mostSpoken, speak: (text, manner, gone) => speak(espeak, text, manner, gone) };
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => controller.abort(new Error(`received ${name}`)));
  }
  return controller.signal;
}

function log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void {
  process.stdout.write(
    `${JSON.stringify({ level, time: new Date().toISOString(), msg: message, ...fields })}\n`,
  );
}
