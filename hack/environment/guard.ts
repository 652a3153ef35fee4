// Runs beside a demo or test run, detached, with a pipe from it as standard input. When the pipe ends without the
// word `done`, the run died (also by SIGKILL): the guard removes what it had started.
import { text } from 'node:stream/consumers';
import { stillRuns } from '../process/identity.ts';
import { readState } from './state.ts';
import { tearDown } from './teardown.ts';

// Ctrl-C reaches the whole foreground group; the guard's end is the pipe's end.
process.on('SIGINT', () => {});

const said = await text(process.stdin);
if (!said.includes('done')) {
  const state = await readState();
  // A new run may have cleaned up and started afresh meanwhile.
  if (state && !state.kept && !stillRuns(state.owner)) {
    const left = await tearDown((message) => void process.stdout.write(`${message}\n`));
    for (const line of left) process.stdout.write(`left: ${line}\n`);
    process.exitCode = left.length > 0 ? 1 : 0;
  }
}
