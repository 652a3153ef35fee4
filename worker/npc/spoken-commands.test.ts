import { describe, expect, it, test } from 'vitest';
import { type SpokenCommand, spokenCommand } from './spoken-commands.ts';

const npc = (name: string, title = '') => ({ name, title, aliases: [], addressOnly: false, muted: false });
const town = [npc('Greta', 'The Innkeeper'), npc('Bruno', 'The Blacksmith'), npc('Thoradin Ironbeard')];
const mute = (...npcs: string[]): SpokenCommand => ({ kind: 'mute', npcs });
const unmute = (...npcs: string[]): SpokenCommand => ({ kind: 'unmute', npcs });
const say = (name: string, text: string): SpokenCommand => ({ kind: 'say', npc: name, text });
const everybody = town.map(({ name }) => name);

describe.each([
  ['en', 'English'],
  ['de', 'German'],
])('in a campaign in %s', (language) => {
  test.each<[string, SpokenCommand]>([
    ['Mute Greta.', mute('Greta')],
    ['please mute the blacksmith', mute('Bruno')],
    ['Okay, mute Thoradin, please.', mute('Thoradin Ironbeard')],
    ['Mute everyone!', mute(...everybody)],
    ['Unmute Greta.', unmute('Greta')],
    ['un mute bruno', unmute('Bruno')],
    ['unmute all', unmute(...everybody)],
    ['Everyone, stop!', { kind: 'stop' }],
    ['everybody be quiet', { kind: 'stop' }],
    ['Greta, say welcome to the Silver Stag.', say('Greta', 'welcome to the Silver Stag.')],
    ['Bruno, say: "Who goes there?"', say('Bruno', 'Who goes there?')],
    ['Bruno, say: who goes there', say('Bruno', 'who goes there')],
    ['Schalte Greta stumm.', mute('Greta')],
    ['Bitte Bruno stummschalten', mute('Bruno')],
    ['Mach alle stumm', mute(...everybody)],
    ['Schalte Greta wieder laut.', unmute('Greta')],
    ['Bruno darf wieder sprechen', unmute('Bruno')],
    ['Alle mal still!', { kind: 'stop' }],
    ['Stopp, alle!', { kind: 'stop' }],
    ['Alle aufhören!', { kind: 'stop' }],
    ['hey, Iron beard, say halt', say('Thoradin Ironbeard', 'halt')],
    ['Greta, sag Willkommen im Silbernen Hirsch.', say('Greta', 'Willkommen im Silbernen Hirsch.')],
  ])('%s is an order', (text, command) => {
    expect(spokenCommand(text, town, language)).toEqual(command);
  });
});

test.each([
  'Greta, two ales please.',
  'Can you mute your horn, Bruno?',
  'They were mute with fear.',
  'Mute the dragon.',
  'Stop!',
  'Everyone stops at the gate.',
  'Greta, what did you say?',
  'I would say Greta is right.',
  'Did Greta say something?',
  'Greta, sag mal, was kostet das Zimmer?',
  'Greta, sag mir, wer hier war.',
  'Greta, sag dem Schmied, dass wir warten.',
  'Alle warten auf Bruno.',
  'Bruno steht stumm da.',
  '',
])('%s is conversation', (text) => {
  expect(spokenCommand(text, town, 'en')).toBeUndefined();
});

it('hears a name through a small mistake, and no name through a large one', () => {
  expect(spokenCommand('mute gretta', town, 'en')).toEqual(mute('Greta'));
  expect(spokenCommand('mute it', [npc('Greta')], 'en')).toBeUndefined();
});
