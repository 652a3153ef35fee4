import { english, german, quoted } from '../../messages/list.ts';

/** `/privacy`: what people are told about what is heard and stored of them. Only they see it. */

export const en = {
  command: {
    privacy: 'What is heard and stored of you',
    optout: 'Do not hear me, in any session',
    optin: 'Hear me again',
    show: 'Show what is stored of me',
    erase: 'Erase what I said, for good',
  },
  optedOut:
    'You are not heard any more: what you say in voice channels is dropped before anything is recognised of it, in this ' +
    'session and in all to come. What was stored before stays; `/privacy erase` removes it.',
  optedOutBefore: 'You were not heard anyway. `/privacy optin` changes that.',
  optedIn: 'You are heard again, in every session that tells you so.',
  optedInBefore: 'You were heard anyway. `/privacy optout` changes that.',
  byCampaign: (campaigns: readonly string[]) =>
    `In ${quoted(campaigns, english)} the game master has set that you are not heard; only the game master can change that.`,
  title: 'What is stored of you',
  nothing: 'Nothing that you said is stored here.',
  stored: (segments: number, sessions: number, first: string, last: string) =>
    `${segments} ${segments === 1 ? 'utterance' : 'utterances'} of yours, from ${sessions} ` +
    `${sessions === 1 ? 'session' : 'sessions'} between ${first} and ${last}.`,
  feedback: (count: number) => `Feedback on ${count} ${count === 1 ? 'session' : 'sessions'}.`,
  notHeardSince: (since: string) => `You have not been heard since ${since}.`,
  heard: 'You are heard in sessions. `/privacy optout` changes that.',
  fileFollows: 'The file has every word. `/privacy erase` removes them.',
  fileOfFirst: (count: number) => `The file has the first ${count} of them.`,
  fileName: 'my-words.txt',
  nothingToErase: 'Nothing of yours is stored here, so there is nothing to erase.',
  confirm: (segments: number, sessions: number) =>
    `This erases ${segments} ${segments === 1 ? 'utterance' : 'utterances'} of yours and your name from ${sessions} ` +
    `${sessions === 1 ? 'transcript' : 'transcripts'}, the recaps that were made of them, and your feedback. It cannot be undone. ` +
    'What others said stays, without your name. In a session that runs now, the characters forget what you said.',
  eraseButton: 'Erase for good',
  erasing: 'Erasing…',
  erased: (segments: number, sessions: number) =>
    `Erased: ${segments} ${segments === 1 ? 'utterance' : 'utterances'} in ${sessions} ${sessions === 1 ? 'transcript' : 'transcripts'}. ` +
    'To not be heard again, use `/privacy optout`.',
};

export const de: typeof en = {
  command: {
    privacy: 'Was von dir gehört und gespeichert wird',
    optout: 'Mich nicht hören, in keiner Runde',
    optin: 'Mich wieder hören',
    show: 'Zeigen, was von mir gespeichert ist',
    erase: 'Löschen, was ich gesagt habe, endgültig',
  },
  optedOut:
    'Du wirst nicht mehr gehört: Was du in Sprachkanälen sagst, wird verworfen, bevor etwas davon erkannt wird, in dieser ' +
    'Runde und in allen künftigen. Was vorher gespeichert wurde, bleibt; `/privacy erase` löscht es.',
  optedOutBefore: 'Du wurdest ohnehin nicht gehört. `/privacy optin` ändert das.',
  optedIn: 'Du wirst wieder gehört, in jeder Runde, die es dir sagt.',
  optedInBefore: 'Du wurdest ohnehin gehört. `/privacy optout` ändert das.',
  byCampaign: (campaigns) =>
    `In ${quoted(campaigns, german)} hat die Spielleitung festgelegt, dass du nicht gehört wirst; nur sie kann das ändern.`,
  title: 'Was von dir gespeichert ist',
  nothing: 'Hier ist nichts gespeichert, was du gesagt hast.',
  stored: (segments, sessions, first, last) =>
    `${segments} ${segments === 1 ? 'Äußerung' : 'Äußerungen'} von dir, aus ${sessions} ` +
    `${sessions === 1 ? 'Runde' : 'Runden'} zwischen ${first} und ${last}.`,
  feedback: (count) => `Rückmeldungen zu ${count} ${count === 1 ? 'Runde' : 'Runden'}.`,
  notHeardSince: (since) => `Du wirst seit ${since} nicht gehört.`,
  heard: 'Du wirst in Runden gehört. `/privacy optout` ändert das.',
  fileFollows: 'In der Datei steht jedes Wort. `/privacy erase` löscht sie.',
  fileOfFirst: (count) => `In der Datei stehen die ersten ${count} davon.`,
  fileName: 'meine-worte.txt',
  nothingToErase: 'Hier ist nichts von dir gespeichert, also gibt es nichts zu löschen.',
  confirm: (segments, sessions) =>
    `Das löscht ${segments} ${segments === 1 ? 'Äußerung' : 'Äußerungen'} von dir und deinen Namen aus ${sessions} ` +
    `${sessions === 1 ? 'Mitschrift' : 'Mitschriften'}, die Zusammenfassungen daraus und deine Rückmeldungen. Es lässt sich nicht ` +
    'rückgängig machen. Was andere gesagt haben, bleibt, ohne deinen Namen. In einer laufenden Runde vergessen die Figuren, ' +
    'was du gesagt hast.',
  eraseButton: 'Endgültig löschen',
  erasing: 'Wird gelöscht…',
  erased: (segments, sessions) =>
    `Gelöscht: ${segments} ${segments === 1 ? 'Äußerung' : 'Äußerungen'} in ${sessions} ${sessions === 1 ? 'Mitschrift' : 'Mitschriften'}. ` +
    'Um nicht wieder gehört zu werden, nimm `/privacy optout`.',
};
