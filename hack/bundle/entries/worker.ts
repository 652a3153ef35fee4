import { main } from '../../../worker/main.ts';

process.exitCode = await main();
