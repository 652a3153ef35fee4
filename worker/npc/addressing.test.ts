import { describe, expect, it } from 'vitest';
import { type AddressableNpc, type AddressingContext, addressed } from './addressing.ts';

const npc = (name: string, more: Partial<AddressableNpc> = {}): AddressableNpc => ({
  name,
  title: '',
  aliases: [],
  addressOnly: false,
  muted: false,
  ...more,
});

const grimjaw = npc('Grimjaw', { title: 'The Blacksmith', aliases: ['Old Iron'] });
const mirabel = npc('Mirabel', { title: 'Innkeeper of the Prancing Griffin' });
const gundren = npc('Gundren Rockseeker');
const cast = [grimjaw, mirabel, gundren];

const ask = (text: string, npcs: readonly AddressableNpc[] = cast, more: Partial<AddressingContext> = {}) => {
  const result = addressed(text, npcs, { language: 'en', last: undefined, ...more });
  return result === undefined ? 'nobody' : `${result.npc} by ${result.by}${result.muted ? ' (muted)' : ''}`;
};

describe('addressing', () => {
  it.each([
    ['Grimjaw, what do you sell?', 'Grimjaw by exact'],
    ['what do you sell grimjaw', 'Grimjaw by exact'],
    ["GRIMJAW'S hammer is heavy", 'Grimjaw by exact'],
    ['hello old iron', 'Grimjaw by exact'],
    ['good morning, blacksmith', 'Grimjaw by exact'],
    ['hello grim jaw how are you', 'Grimjaw by exact'],
    ['Mírabel, a room please', 'Mirabel by exact'],
    ['Gundren Rockseeker, come here', 'Gundren Rockseeker by exact'],
  ])('knows the name, title or alias in %j', (text, expected) => {
    expect(ask(text)).toBe(expected);
  });

  it.each([
    ['Gundren, where is the mine?', 'Gundren Rockseeker by derived'],
    ['tell me rockseeker', 'Gundren Rockseeker by derived'],
  ])('knows a part of a longer name in %j', (text, expected) => {
    expect(ask(text)).toBe(expected);
  });

  it.each([
    ['Mirabelle, a room please', 'Mirabel by phonetic'],
    ['gundrin where is the mine', 'Gundren Rockseeker by phonetic'],
    ['Brimjaw, what do you sell?', 'Grimjaw by edit'],
    ['Girmjaw, hello', 'Grimjaw by edit'],
  ])('knows a name that was misheard in %j', (text, expected) => {
    expect(ask(text)).toBe(expected);
  });

  it.each([
    'what a lovely evening',
    'the grim reaper jumped',
    'there is a miracle in the well',
    'I rock at seeking',
    '',
    '...',
  ])('hears no name in %j', (text) => {
    expect(ask(text)).toBe('nobody');
  });

  it('prefers the one called over the one mentioned', () => {
    expect(ask('Mirabel, do you know Grimjaw and his family well enough')).toBe('Mirabel by exact');
    expect(ask('did grimjaw really say that to you mirabel')).toBe('Mirabel by exact');
    expect(ask('I think that Grimjaw lied to us. Mirabel, is that so?')).toBe('Mirabel by exact');
  });

  it('prefers the exact name over the one that only sounds like it', () => {
    const cast = [npc('Mirabel'), npc('Mirabelle')];
    expect(ask('Mirabelle come here', cast)).toBe('Mirabelle by exact');
    expect(ask('Mirabel come here', cast)).toBe('Mirabel by exact');
  });

  it('continues with the NPC addressed last for 30 s', () => {
    const last = { npc: 'Mirabel', agoMs: 29_999 };
    expect(ask('and what does it cost', cast, { last })).toBe('Mirabel by recent');
    expect(ask('and what does it cost', cast, { last: { ...last, agoMs: 30_001 } })).toBe('nobody');
  });

  it('leaves the conversation for a name that is called, though misheard, but not for one merely similar', () => {
    const last = { npc: 'Mirabel', agoMs: 1000 };
    expect(ask('gundrin where is the mine', cast, { last })).toBe('Gundren Rockseeker by phonetic');
    expect(ask('where was it that the gundrin people live today', cast, { last })).toBe('Mirabel by recent');
    expect(ask('where was it that grimjaw lived before', cast, { last })).toBe('Grimjaw by exact');
  });

  it('takes the only NPC to be meant', () => {
    expect(ask('what a lovely evening', [mirabel])).toBe('Mirabel by only');
    expect(ask('what a lovely evening', [mirabel, { ...grimjaw, muted: true }])).toBe('Mirabel by only');
  });

  it('keeps a muted NPC matchable: its name reaches nobody else', () => {
    const muted = [{ ...grimjaw, muted: true }, mirabel];
    expect(ask('Grimjaw, what do you sell?', muted)).toBe('Grimjaw by exact (muted)');
    expect(ask('grimjow what do you sell', muted, { last: { npc: 'Mirabel', agoMs: 10 } })).toBe(
      'Grimjaw by phonetic (muted)',
    );
  });

  it('answers as addressOnly only to the name', () => {
    const oracle = npc('Oracle', { addressOnly: true });
    expect(ask('what a lovely evening', [oracle])).toBe('nobody');
    expect(ask('tell me more', [oracle, mirabel], { last: { npc: 'Oracle', agoMs: 1 } })).toBe(
      'Mirabel by only',
    );
    expect(ask('Oracle, tell me more', [oracle])).toBe('Oracle by exact');
  });

  it('takes a family name that two bear for neither', () => {
    const family = [npc('Gundren Rockseeker'), npc('Tharden Rockseeker')];
    expect(ask('we visit the rockseeker family today', family)).toBe('nobody');
    expect(ask('Tharden, are you there?', family)).toBe('Tharden Rockseeker by derived');
  });

  it('hears German names with German ears', () => {
    const cast = [npc('Meier'), npc('Vischer'), npc('Schmidt')];
    expect(ask('Fischer, was gibt es Neues?', cast, { language: 'de-AT' })).toBe('Vischer by phonetic');
    expect(ask('Herr Schmitt, guten Tag', cast, { language: 'de' })).toBe('Schmidt by phonetic');
  });

  it('understands names that are spelled with hyphens or several words', () => {
    expect(ask('hello old tom', [npc('old-tom'), mirabel])).toBe('old-tom by exact');
  });

  it('decides in well under a millisecond for 32 NPCs', () => {
    const many = Array.from({ length: 32 }, (_, n) =>
      npc(`Somebody${n} Longname${n}`, { aliases: ['a b', 'c d'] }),
    );
    const text =
      'well I would say that this is a rather long sentence which mentions nobody in particular at all';
    ask(text, many);
    const started = performance.now();
    for (let n = 0; n < 20; n++) ask(text, many);
    expect((performance.now() - started) / 20).toBeLessThan(50);
  });
});
