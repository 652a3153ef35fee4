import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { availableCores, planCores } from '../../../bench/controller/cores.ts';
import { buildWorkerImage } from '../../../bench/voice/image.ts';
import { measure } from '../../../bench/voice/measure.ts';
import { measureStreams } from '../../../bench/voice/pacing/streams.ts';
import { barsOf, markdown, summarise } from '../../../bench/voice/results.ts';
import { Stage } from '../../../bench/voice/stage.ts';

const ABOUT = {
  date: '2026-11-21T20:00:00.000Z',
  machine: { cores: 2, cpu: 'any', memoryGiB: 1, kernel: 'any', node: 'any', versions: {} },
};

/** For its working: the figures of a few seconds on a machine that does other things say nothing. */
test('one turn, one interruption, two streams: everything that is measured becomes a figure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skald-bench-voice-test-'));
  const { signal } = new AbortController();
  const cores = planCores(await availableCores());
  const image = await buildWorkerImage(folder, signal);
  const stage = await Stage.open({ cores, image, databaseUrl: inject('databaseUrl'), folder, signal });
  try {
    const sections = ['turns', 'bargeIn'] as const;
    const small = { sections, turns: 1, warmUp: 0, bargeIns: 1, seconds: 1, note: () => {} };
    const [measured, gaps] = await Promise.all([
      measure(stage, small),
      measureStreams({ streams: 2, seconds: 1, cores: cores.contender, folder, signal }),
    ]);
    const summary = summarise({ ...measured, gaps: { '2': gaps } }, ABOUT);
    // A whole answer, of which the delays that were set up are a part.
    expect(measured.turns?.[0]?.responseMs).toBeGreaterThan(500 + 150 + 250 + 120);
    expect(summary.ownShare?.stages).toMatchObject({
      sttMs: expect.any(Number),
      firstPacketMs: expect.any(Number),
    });
    // Less than it takes to prove that it is speech would mean that something else fell silent.
    expect(summary.bargeIn?.p95Ms).toBeGreaterThan(150);
    expect(Number.isFinite(summary.bargeIn?.decisionToLastPacketP95Ms)).toBe(true);
    // One second of 20 ms, twice, and the silence that ends each.
    expect(summary.pacing?.['2']?.packets).toBeGreaterThanOrEqual(98);
    expect(summary.pacing?.['2']?.p50Ms).toBeGreaterThan(0);
    expect(barsOf(summary)).toHaveLength(6);
    expect(markdown(JSON.parse(JSON.stringify(summary)))).toContain('own share of the response, p95');
  } finally {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
