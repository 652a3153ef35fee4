import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SessionConfiguration } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { RecollectionRequest, Recollections, RememberedLine } from '../../../src/store/index.ts';
import { Cast } from '../cast.ts';
import type { RoomLine } from '../memory.ts';
import { Recollection } from './recollection.ts';

const log = pino({ level: 'silent' });

function castOf(change: Partial<SessionConfiguration> = {}): Cast {
  const campaign = {
    language: 'en',
    npcs: [{ name: 'Greta' }],
    players: [
      { discordUserId: '7', character: 'Ann', optOut: true },
      { discordUserId: '8', character: 'Ben', optOut: false },
    ],
  };
  return new Cast(SessionConfiguration.create({ campaign, ...change }));
}

const cast = castOf();
const greta = cast.npc('Greta') ?? expect.fail('Greta is of the cast');
const line = (text: string): RoomLine => ({ kind: 'player', speaker: 'Ben', text, userId: '8' });
const past = (text: string, thisSession = false): RememberedLine => ({
  ...{ kind: 'player', speaker: 'Ben', text, thisSession },
});

function asking(answer: () => Promise<Recollections>, limitMs = 10_000) {
  const asked: Omit<RecollectionRequest, 'namespace' | 'campaign' | 'guildId' | 'sessionUid'>[] = [];
  const journal = {
    recollect: (request: (typeof asked)[number]) => {
      asked.push(request);
      return answer();
    },
  };
  return { asked, recollection: new Recollection({ journal, log, limitMs }) };
}

const never = () => new Promise<Recollections>(() => {});

describe('what is remembered for an answer', () => {
  it('is what the words of the last line find, without the NPC’s own name and who opted out', async () => {
    const found = { exchanges: [[past('The silver key is in the well.')]], recaps: ['They found it.'] };
    const { asked, recollection } = asking(async () => found);
    const heard = [line('I am hungry.'), line('Greta, where is the silver key?')];
    expect(await recollection.of(greta, cast, heard)).toEqual(found);
    expect(asked).toEqual([{ npc: 'Greta', language: 'en', words: ['silver', 'key'], optedOut: ['7'] }]);
  });

  it('is not what the conversation has anyway', async () => {
    const earlier = [past('The silver key!', true)];
    const exchanges = [[past('Where is it?', true)], earlier, [past('Where is it?')]];
    const { recollection } = asking(async () => ({ exchanges, recaps: [] }));
    const heard = [line('Where is it?'), line('The key, I mean.')];
    expect((await recollection.of(greta, cast, heard)).exchanges).toEqual([earlier, [past('Where is it?')]]);
  });

  it('is not asked for when nothing was said that could be looked for', async () => {
    const { asked, recollection } = asking(never);
    expect(await recollection.of(greta, cast, [line('Hello Greta, how are you?')])).toMatchObject({
      exchanges: [],
    });
    expect(await recollection.of(greta, cast, [])).toMatchObject({ exchanges: [] });
    expect(asked).toEqual([]);
  });

  it('is nothing while it is not known who opted out', async () => {
    const { asked, recollection } = asking(never);
    const unknown = castOf({ hearNobody: true });
    expect(await recollection.of(greta, unknown, [line('the silver key')])).toMatchObject({ exchanges: [] });
    expect(asked).toEqual([]);
  });

  it('is not waited for longer than its limit, nor asked for again meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<Recollections>();
    const { asked, recollection } = asking(() => promise, 5);
    expect(await recollection.of(greta, cast, [line('the silver key')])).toMatchObject({ exchanges: [] });
    expect(await recollection.of(greta, cast, [line('the golden key')])).toMatchObject({ exchanges: [] });
    expect([asked.length, recollection.late]).toEqual([1, 2]);
    resolve({ exchanges: [], recaps: [] });
    const again = async () => {
      await recollection.of(greta, cast, [line('the iron key')]);
      return asked.length;
    };
    await expect.poll(again, { timeout: 10_000 }).toBe(2);
  });

  it('is nothing when the database fails, and the answer goes on', async () => {
    const { recollection } = asking(() => Promise.reject(new Error('no connection')));
    expect(await recollection.of(greta, cast, [line('the silver key')])).toEqual({
      exchanges: [],
      recaps: [],
    });
    expect(recollection.late).toBe(0);
  });
});
