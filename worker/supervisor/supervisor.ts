/** Entry of `/app/supervisor.js`. */
import { main } from './main.ts';

process.exitCode = await main();
