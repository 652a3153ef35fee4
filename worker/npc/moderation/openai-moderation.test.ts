import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModerationDouble } from '../../../test/providers/moderation/double.ts';
import type { ProviderEndpoint } from '../../provider/http.ts';
import { aService } from '../../provider/served.fixtures.ts';
import { Standby } from '../../provider/standby.ts';
import { type FailurePolicy, moderationBy, OpenAiModeration } from './openai-moderation.ts';

const signal = new AbortController().signal;
const KEY = 'sk-moderation-4711';
let double: ModerationDouble;
let health: (string | undefined)[];
let spent: number[];
let known: ReturnType<typeof aService>;

beforeEach(async () => {
  health = [];
  spent = [];
  known = aService();
  double = new ModerationDouble({ apiKey: KEY });
  await double.start();
});
afterEach(() => double[Symbol.asyncDispose]());

function moderation(
  failurePolicy: FailurePolicy = 'Fail',
  apiKey: string | undefined = KEY,
  fallback?: ProviderEndpoint,
) {
  const endpoint = {
    role: 'moderation' as const,
    kind: 'openai' as const,
    pricePerUnitUSD: 0.5,
    baseUrl: double.baseURL,
    model: 'omni-moderation-latest',
    apiKey,
    reach: 'any' as const,
  };
  const candidate = (one: ProviderEndpoint) => ({ endpoint: one, client: moderationBy(one) });
  const standby = new Standby(candidate(endpoint), fallback && candidate(fallback), known.service);
  return new OpenAiModeration(standby, failurePolicy, {
    health: (failure) => health.push(failure),
    judged: (characters, pricePerUnitUSD) => spent.push(characters * pricePerUnitUSD),
  });
}

describe('moderation by a provider', () => {
  it('allows what is not flagged', async () => {
    expect(await moderation().judge('Welcome to the inn.', signal)).toEqual({ allowed: true });
    expect(double.inputs).toEqual(['Welcome to the inn.']);
    expect(health).toEqual([undefined]);
    expect(spent).toEqual([9.5]);
  });

  it('withholds what is flagged, and names the categories', async () => {
    double.flagging.set('vile', ['hate', 'violence']);
    expect(await moderation().judge('Something vile.', signal)).toEqual({
      allowed: false,
      reason: 'Flagged',
      detail: 'hate',
    });
  });

  it('lets the tale have its battles', async () => {
    double.flagging.set('head', ['violence', 'harassment/threatening']);
    expect(await moderation().judge('I will have your head, villain!', signal)).toEqual({ allowed: true });
  });

  it.each([
    ['503', { status: 503 }, 'answered 503'],
    ['429', { status: 429, retryAfter: 60 }, 'answered 429'],
    ['a cut', { cutAfter: 0 }, 'moderation'],
    ['broken JSON', { malformed: true }, 'no "results"'],
  ])('withholds what nobody can judge: %s', async (_, fault, why) => {
    double.fault = fault;
    const judgement = await moderation().judge('Welcome to the inn.', signal);
    expect(judgement).toMatchObject({ allowed: false, reason: 'Unjudged' });
    expect(health).toEqual([expect.stringContaining(why)]);
    // The double repeats the input, as vendors do: no log may have it.
    expect(JSON.stringify([judgement, health])).not.toContain('Welcome');
  });

  it('says it all the same when the policy is to ignore failures, and reports them', async () => {
    double.fault = { status: 503 };
    expect(await moderation('Ignore').judge('Welcome to the inn.', signal)).toEqual({ allowed: true });
    expect(health).toEqual([expect.stringContaining('answered 503')]);
  });

  it('by a fallback takes its place at its price, and nobody is told the sentence', async () => {
    await using second = new ModerationDouble();
    await second.start();
    second.flagging.set('vile', ['hate']);
    double.fault = { status: 503 };
    const fallback: ProviderEndpoint = {
      ...({ role: 'moderation', kind: 'openai', reach: 'any' } as const),
      ...{ model: 'second', apiKey: undefined, pricePerUnitUSD: 2, baseUrl: second.baseURL },
    };
    const judge = moderation('Fail', KEY, fallback);
    for (const _ of 'xxxx')
      expect(await judge.judge('Something vile.', signal)).toMatchObject({ reason: 'Flagged' });
    // Two tries each, and then it is left alone.
    expect(double.inputs).toHaveLength(6);
    expect([spent, health.at(-1)]).toEqual([[30, 30, 30, 30], undefined]);
    expect(known.told.at(-1)).toContain('with model second serves, because moderation:');
    expect(JSON.stringify(known.told)).not.toContain('vile');
  });

  it('tries once more', async () => {
    double.flagging.set('vile', ['sexual']);
    double.fault = { status: 503, times: 1 };
    expect(await moderation().judge('vile', signal)).toMatchObject({ reason: 'Flagged' });
    expect(double.inputs).toEqual(['vile', 'vile']);
  });

  it('never shows a key that was refused', async () => {
    const judgement = await moderation('Fail', 'sk-wrong-1234567').judge('Hello.', signal);
    expect(judgement).toMatchObject({ reason: 'Unjudged' });
    expect(JSON.stringify([judgement, health])).toContain('answered 401');
    expect(JSON.stringify([judgement, health])).not.toContain('sk-wrong');
  });

  it('is not waited for when the answer is cut', async () => {
    double.fault = { silent: true };
    const cut = new AbortController();
    const judged = moderation().judge('Hello.', cut.signal);
    await expect.poll(() => double.inputs.length, { timeout: 10_000 }).toBe(1);
    cut.abort(new Error('barge-in'));
    await expect(judged).rejects.toThrow('barge-in');
    expect(health).toEqual([]);
  });
});
