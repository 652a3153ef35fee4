import { main } from '../../../speech/main.ts';

process.exitCode = await main();
