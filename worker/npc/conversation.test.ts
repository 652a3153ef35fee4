import { describe, expect, it, vi } from 'vitest';
import { Campaign } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { Rehearsal } from './rehearsal.ts';

const QUESTION = 'Greta, what is on the menu tonight?';
const dynamic = { endpointing: 'dynamic', preemptive: false } as const;
const preemptive = { endpointing: 'dynamic', preemptive: true } as const;
const SECOND = 16_000;

const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 5000, interval: 2 });
const spokenIs = (rehearsal: Rehearsal, ...sentences: string[]) =>
  until(() => expect(rehearsal.spoken).toEqual(sentences));
const over = (rehearsal: Rehearsal, replies: number) =>
  until(() => expect(rehearsal.journal.counters.replies).toBe(replies));

describe('recognition', () => {
  it('of a whole utterance waits for its end, where neither pauses nor answers need it sooner', async () => {
    const rehearsal = new Rehearsal();
    expect(rehearsal.lane.at(-1)).toEqual({ endpointMs: 400, pauseMs: 0, stream: false });
    rehearsal.starts();
    await rehearsal.ends(undefined, QUESTION);
    expect(rehearsal.transcriptions).toHaveLength(1);
    expect(rehearsal.journal.counters).toMatchObject({ utterances: 1, sttSeconds: 2 });
  });

  it('begins at a pause, and is done when the pause turns out to be the end', async () => {
    const rehearsal = new Rehearsal(dynamic);
    expect(rehearsal.lane.at(-1)).toEqual({ endpointMs: 2400, pauseMs: 200, stream: false });
    rehearsal.starts();
    rehearsal.pauses(7, QUESTION);
    await until(() => expect(rehearsal.endpoints).toEqual([{ userId: 'Alice', pause: 7, delayMs: 400 }]));
    await rehearsal.ends(7);
    expect(rehearsal.transcriptions).toHaveLength(1);
    await until(() => expect(rehearsal.asked[0]?.question).toContain(QUESTION));
    expect(rehearsal.journal.counters).toMatchObject({ utterances: 1, sttSeconds: 1 });
  });

  it('is thrown away when the person goes on, down to the request; what it cost is counted', async () => {
    const rehearsal = new Rehearsal(dynamic);
    rehearsal.starts();
    rehearsal.pauses(1, 'Greta, what is on');
    rehearsal.resumes();
    expect(rehearsal.transcriptions[0]?.signal.aborted).toBe(true);
    rehearsal.pauses(2, QUESTION);
    await until(() => expect(rehearsal.endpoints).toHaveLength(1));
    await rehearsal.ends(2);
    await until(() => expect(rehearsal.asked[0]?.question).toContain(QUESTION));
    // Nobody was told how long a pause may be that was over.
    expect(rehearsal.endpoints.map(({ pause }) => pause)).toEqual([2]);
    expect(rehearsal.journal.counters).toMatchObject({ utterances: 1, sttSeconds: 2 });
  });

  it('of a sign of listening keeps an NPC waiting no longer than it must', async () => {
    const rehearsal = new Rehearsal(dynamic);
    rehearsal.starts();
    rehearsal.pauses(1, 'Hm.');
    await until(() => expect(rehearsal.endpoints[0]?.delayMs).toBeGreaterThan(1500));
    await rehearsal.ends(1);
    const speaking = rehearsal.conversation.speak({
      ...{ correlationId: 'c', npc: 'Greta' },
      text: 'Welcome, all of you. '.repeat(2000),
    });
    await until(() => expect(rehearsal.spoken.length).toBeGreaterThan(3));
    rehearsal.starts();
    rehearsal.conversation.voicing('Alice', 250);
    rehearsal.pauses(2, 'Hm.');
    await until(() => expect(rehearsal.endpoints[1]?.delayMs).toBe(400));
    await rehearsal.conversation.close(0);
    await speaking;
  });

  it('that fails at a pause lets the pause end as if nothing could be told from the words', async () => {
    const rehearsal = new Rehearsal(dynamic);
    rehearsal.starts();
    rehearsal.pauses(1, new Error('out of order'));
    await until(() => expect(rehearsal.endpoints).toHaveLength(1));
    expect(rehearsal.endpoints[0]?.delayMs).toBeGreaterThan(400);
    expect(rehearsal.endpoints[0]?.delayMs).toBeLessThan(800);
    await rehearsal.ends(1);
    expect(rehearsal.asked).toEqual([]);
  });

  it('goes along while it is spoken, where the recogniser can do that', async () => {
    const rehearsal = new Rehearsal(dynamic, { streaming: true });
    expect(rehearsal.lane.at(-1)).toMatchObject({ stream: true });
    rehearsal.starts();
    for (let second = 0; second < 2; second++)
      rehearsal.conversation.speech({ type: 'audio', userId: 'Alice', samples: new Int16Array(SECOND) });
    const [stream] = rehearsal.streams;
    stream?.request.onInterim?.('Greta, what do you have on the', false);
    rehearsal.pauses(1);
    stream?.request.onInterim?.(QUESTION, true);
    expect(rehearsal.endpoints.at(0)?.delayMs).toBeGreaterThan(500);
    expect(rehearsal.endpoints.at(-1)?.delayMs).toBe(400);
    await rehearsal.ends(1, QUESTION);
    expect(stream).toMatchObject({ pushed: 2 * SECOND, pauses: 1, cancelled: false });
    expect(rehearsal.transcriptions).toEqual([]);
    await until(() => expect(rehearsal.asked[0]?.question).toContain(QUESTION));
    expect(rehearsal.journal.counters).toMatchObject({ utterances: 1, sttSeconds: 2 });
  });

  it.each([
    ['breaks off', 2, new Error('cut')],
    ['lacks the beginning', 1, QUESTION],
  ])('from a stream that %s is done anew from the recording', async (_, seconds, outcome) => {
    const rehearsal = new Rehearsal({}, { streaming: true });
    rehearsal.starts();
    rehearsal.conversation.speech({
      type: 'audio',
      userId: 'Alice',
      samples: new Int16Array(seconds * SECOND),
    });
    if (outcome instanceof Error) rehearsal.heard.push(outcome);
    await rehearsal.ends(undefined, QUESTION);
    expect(rehearsal.transcriptions).toHaveLength(1);
    await until(() => expect(rehearsal.asked[0]?.question).toContain(QUESTION));
  });

  it('ends at once for somebody who leaves or wants to be forgotten', async () => {
    const rehearsal = new Rehearsal(preemptive, { streaming: true });
    rehearsal.starts('Alice');
    rehearsal.starts('Bert');
    rehearsal.conversation.drop('Alice');
    expect(rehearsal.streams.map(({ cancelled }) => cancelled)).toEqual([true, false]);
    rehearsal.conversation.forget('Bert');
    expect(rehearsal.streams.map(({ cancelled }) => cancelled)).toEqual([true, true]);
  });

  it('keeps two apart who speak at once', async () => {
    const rehearsal = new Rehearsal(dynamic);
    rehearsal.starts('Alice');
    rehearsal.starts('Bert');
    rehearsal.pauses(1, QUESTION, 'Alice');
    rehearsal.pauses(1, 'Bruno, how much is this sword?', 'Bert');
    await Promise.all([rehearsal.ends(1, undefined, 'Bert'), rehearsal.ends(1, undefined, 'Alice')]);
    expect(rehearsal.memory.recent().map(({ speaker, text }) => [speaker, text])).toEqual(
      expect.arrayContaining([
        ['Alice', QUESTION],
        ['Bert', 'Bruno, how much is this sword?'],
      ]),
    );
  });
});

describe('an answer that is begun early', () => {
  it('is the answer when that was all: one request, and nothing is heard before the end', async () => {
    const rehearsal = new Rehearsal(preemptive);
    rehearsal.starts();
    rehearsal.pauses(1, QUESTION);
    await until(() => expect(rehearsal.asked).toHaveLength(1));
    expect(rehearsal.asked[0]?.question).toBe(`[Alice] ${QUESTION}`);
    rehearsal.asked[0]?.say('Stew and bread.');
    await new Promise((resolve) => setImmediate(resolve));
    expect(rehearsal.spoken).toEqual([]);
    await rehearsal.ends(1);
    await spokenIs(rehearsal, 'Stew and bread.');
    await over(rehearsal, 1);
    expect(rehearsal.asked).toHaveLength(1);
    expect(rehearsal.journal.counters).toMatchObject({ llmTokens: 10, replies: 1 });
  });

  it('is thrown away when the person goes on, and asked anew of all that was said', async () => {
    const rehearsal = new Rehearsal(preemptive);
    rehearsal.starts();
    rehearsal.pauses(1, QUESTION);
    await until(() => expect(rehearsal.asked).toHaveLength(1));
    rehearsal.resumes();
    expect(rehearsal.asked[0]?.signal.aborted).toBe(true);
    await until(() => expect(rehearsal.journal.counters.llmTokens).toBeGreaterThan(20));
    const cost = rehearsal.journal.counters.llmTokens;
    rehearsal.pauses(2, `${QUESTION} And what does it cost?`);
    await until(() => expect(rehearsal.asked).toHaveLength(2));
    await rehearsal.ends(2);
    rehearsal.asked[1]?.say('Stew, for three coppers.');
    await spokenIs(rehearsal, 'Stew, for three coppers.');
    await over(rehearsal, 1);
    expect(rehearsal.journal.counters.llmTokens).toBe(cost + 10);
  });

  it('is not the answer to other words, nor to another conversation', async () => {
    const rehearsal = new Rehearsal(preemptive, { streaming: true });
    rehearsal.starts();
    rehearsal.conversation.speech({ type: 'audio', userId: 'Alice', samples: new Int16Array(2 * SECOND) });
    rehearsal.pauses(1);
    rehearsal.streams[0]?.request.onInterim?.('Greta, what is on the men tonight?', true);
    await until(() => expect(rehearsal.asked).toHaveLength(1));
    await rehearsal.ends(1, QUESTION);
    await until(() => expect(rehearsal.asked).toHaveLength(2));
    expect(rehearsal.asked.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    expect(rehearsal.asked[1]?.question).toContain(QUESTION);
    rehearsal.asked[1]?.say('Stew.');
    await over(rehearsal, 1);
    expect(rehearsal.asked[0]?.signal.aborted).toBe(true);

    rehearsal.starts();
    rehearsal.conversation.speech({ type: 'audio', userId: 'Alice', samples: new Int16Array(2 * SECOND) });
    rehearsal.pauses(2);
    rehearsal.streams[1]?.request.onInterim?.('And to drink?', true);
    await until(() => expect(rehearsal.asked).toHaveLength(3));
    rehearsal.memory.add({ kind: 'player', speaker: 'Bert', text: 'I want nothing.' });
    await rehearsal.ends(2, 'And to drink?');
    await until(() => expect(rehearsal.asked).toHaveLength(4));
    expect(JSON.stringify(rehearsal.asked[3]?.prompt)).toContain('I want nothing.');
  });

  it.each([
    ['in the middle of a sentence', 'Greta, we would like a room and'],
    ['that nobody is asked', 'I roll for perception.'],
    ['that is noise', '(coughing)'],
  ])('is not begun %s', async (_, text) => {
    const rehearsal = new Rehearsal(preemptive);
    rehearsal.starts();
    rehearsal.pauses(1, text);
    await until(() => expect(rehearsal.endpoints).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(rehearsal.asked).toEqual([]);
  });

  it('is not begun where the campaign does not want it', async () => {
    const rehearsal = new Rehearsal(dynamic);
    rehearsal.starts();
    rehearsal.pauses(1, QUESTION);
    await until(() => expect(rehearsal.endpoints).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(rehearsal.asked).toEqual([]);
    await rehearsal.ends(1);
    await until(() => expect(rehearsal.asked).toHaveLength(1));
  });

  it('uses no tool before it is wanted', async () => {
    const campaign = Campaign.create({ language: 'en', npcs: [{ name: 'Greta', tools: ['dice'] }] });
    const rehearsal = new Rehearsal(preemptive, { configuration: { campaign } });
    rehearsal.starts();
    rehearsal.pauses(1, 'Greta, roll a die for us, please.');
    await until(() => expect(rehearsal.asked).toHaveLength(1));
    const [asking] = rehearsal.asked;
    let rolled: string | undefined;
    const signal = new AbortController().signal;
    const rolling = asking?.tools[0]?.run({ dice: '1d1' }, signal).then(
      (result) => {
        rolled = result;
      },
      (error: Error) => {
        rolled = error.message;
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(rolled).toBeUndefined();
    await rehearsal.ends(1);
    await rolling;
    expect(rolled).toBeDefined();
  });
});

describe('a command that a game master speaks', () => {
  const say = async (rehearsal: Rehearsal, text: string, userId = 'GM') => {
    rehearsal.starts(userId);
    await rehearsal.ends(undefined, text, userId);
  };

  it('mutes at once, and is told to the gateway', async () => {
    const rehearsal = new Rehearsal();
    rehearsal.gameMasters.add('GM');
    await say(rehearsal, 'Mute Greta.');
    expect(rehearsal.commands).toEqual([{ userId: 'GM', mute: ['Greta'], unmute: [] }]);
    expect(rehearsal.memory.recent()).toEqual([]);
    await say(rehearsal, QUESTION, 'Alice');
    expect(rehearsal.asked).toEqual([]);
    await say(rehearsal, 'Unmute Greta.');
    expect(rehearsal.commands.at(-1)).toEqual({ userId: 'GM', mute: [], unmute: ['Greta'] });
    await say(rehearsal, QUESTION, 'Alice');
    await until(() => expect(rehearsal.asked).toHaveLength(1));
  });

  it('has an NPC say something, and stops everyone', async () => {
    const rehearsal = new Rehearsal();
    rehearsal.gameMasters.add('GM');
    await say(rehearsal, 'Bruno, say: Who goes there?');
    await spokenIs(rehearsal, 'Who goes there?');
    await over(rehearsal, 1);
    await say(rehearsal, QUESTION, 'Alice');
    await until(() => expect(rehearsal.asked).toHaveLength(1));
    await say(rehearsal, 'Everyone, stop!');
    await until(() => expect(rehearsal.asked[0]?.signal.aborted).toBe(true));
    expect(rehearsal.journal.counters.replies).toBe(1);
  });

  it('is conversation when anybody else says it', async () => {
    const rehearsal = new Rehearsal();
    rehearsal.gameMasters.add('GM');
    await say(rehearsal, 'Mute Greta.', 'Alice');
    expect(rehearsal.commands).toEqual([]);
    expect(rehearsal.memory.recent()).toHaveLength(1);
  });
});
