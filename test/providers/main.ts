import { rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ProviderDouble } from './double.ts';

const usage = `node test/providers/main.ts --host ADDR [--port N] [--ready-file F]

Serves OpenAI-compatible chat completions, transcriptions and speech until SIGTERM or SIGINT.
--ready-file is written once it listens: JSON with "url" and "baseURL".
SKALD_PROVIDERS_API_KEY, when set, is the key that clients must send.
`;

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    'ready-file': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  const apiKey = process.env.SKALD_PROVIDERS_API_KEY;
  const double = new ProviderDouble({
    host: values.host,
    port: Number(values.port),
    ...(apiKey ? { apiKey } : {}),
  });
  await double.start();
  const place = { url: double.url, baseURL: double.baseURL };
  const ready = values['ready-file'];
  if (ready !== undefined) {
    // Renamed into place: whoever waits for the file never reads half of it.
    await writeFile(`${ready}.part`, `${JSON.stringify(place)}\n`);
    await rename(`${ready}.part`, ready);
  }
  process.stdout.write(`provider double: ${place.baseURL}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void double.stop());
}
