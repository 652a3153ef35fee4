/** Entry of `/app/worker.js`: the worker process. */
import { main } from './main.ts';

process.exit(await main());
