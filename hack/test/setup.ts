// The first stage of `npm test`: makes what takes minutes the first time and nothing afterwards, so that no test's
// time limit has to cover a build.
import { defaultSentence } from '../demo/options.ts';
import { playerSays } from '../environment/player-voice.ts';
import { buildImages } from '../image/build.ts';
import { ensureTools, toolNames } from '../tools/index.ts';

const started = performance.now();
const note = (message: string): void => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`[${seconds.padStart(6)} s] ${message}\n`);
};

await ensureTools(toolNames, note);
await buildImages({ onProgress: note });
await playerSays(defaultSentence, note);
note('Tools, images and voices are there');
