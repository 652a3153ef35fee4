import { main } from '../../../worker/supervisor/main.ts';

process.exitCode = await main();
