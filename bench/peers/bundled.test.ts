import { expect, test } from 'vitest';
import { operatorNodeFlags } from './bundled.ts';

test('the operator’s flags of Node are read from the chart, and nothing else with them', async () => {
  const flags = await operatorNodeFlags();
  expect(flags).toContain('--max-semi-space-size=4');
  for (const flag of flags) expect(flag).toMatch(/^--[a-z-]+(=\S+)?$/);
});
