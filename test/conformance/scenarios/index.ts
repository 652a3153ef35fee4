import type { Scenario } from '../scenario.ts';
import { answerScenarios } from './answers.ts';
import { historyScenarios } from './history.ts';
import { calm, clockScenarios, mixedScenarios, serverScenarios } from './server.ts';
import { watchScenarios } from './watch.ts';

/** In the order of the table; those that stop the server come last. */
export const scenarios: readonly Scenario[] = [
  calm,
  ...watchScenarios,
  ...historyScenarios,
  ...answerScenarios,
  ...clockScenarios,
  ...mixedScenarios,
  ...serverScenarios,
];
