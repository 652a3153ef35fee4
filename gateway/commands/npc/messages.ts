/** What `/npc` says. */
import { english, german, quoted } from '../../messages/list.ts';
import type { UnspokenReason } from '../../sessions/speeches.ts';

type Unspoken = { readonly [reason in UnspokenReason]: (npc: string) => string };

export const en = {
  command: {
    npc: 'The characters of the session that runs: who is silent, and what they say',
    list: 'Show the characters at the table and who of them is silent',
    mute: 'Have a character be silent; what is said is still heard',
    unmute: 'Let a character speak again',
    muteall: 'Have all characters be silent',
    unmuteall: 'Let all characters speak again',
    speak: 'Have a character say something, ahead of everything that waits',
    npcOption: 'The character',
    textOption: 'The words, exactly as they are to be said',
  },
  stillJoining: (campaign: string) =>
    `The characters of **${campaign}** are still joining the voice channel. Try again in a few seconds.`,
  ending: (campaign: string) => `The session of **${campaign}** is ending.`,
  gone: 'The session has ended meanwhile; nothing was changed.',
  otherSession: 'The session of this message is over. Use the command instead.',
  noCharacters: (campaign: string) => `I find no characters of **${campaign}**. Was the campaign removed?`,
  unknown: (typed: string, campaign: string, names: readonly string[]) =>
    `**${campaign}** has no character \`${typed}\`. There is ${quoted(names, english)}.`,
  didYouMean: (typed: string, campaign: string, names: readonly string[]) =>
    `**${campaign}** has no character \`${typed}\`. Did you mean ${quoted(names, { ...english, and: 'or' })}?`,
  /** After a change that was made before the characters are there. */
  fromTheStart: ' It holds as soon as they have joined.',
  muted: (npc: string) => `**${npc}** is silent now. \`/npc unmute\` ends that.`,
  alreadyMuted: (npc: string) => `**${npc}** is silent already. \`/npc unmute\` ends that.`,
  unmuted: (npc: string) => `**${npc}** may speak again.`,
  notMuted: (npc: string) => `**${npc}** is not muted.`,
  allMuted: (campaign: string) =>
    `All characters of **${campaign}** are silent now. \`/npc unmuteall\` ends that.`,
  allMutedAlready: (campaign: string) => `All characters of **${campaign}** are silent already.`,
  allUnmuted: (campaign: string) => `All characters of **${campaign}** may speak again.`,
  noneMuted: (campaign: string) => `No character of **${campaign}** is muted.`,
  list: {
    title: (campaign: string) => `The characters of ${campaign}`,
    line: (npc: string, title: string, muted: boolean) =>
      `${muted ? '🔇' : '🗣️'} **${npc}**${title === '' ? '' : `, ${title}`}${muted ? ' (muted)' : ''}`,
    more: (count: number) => `… and ${count} more.`,
    strangers: (names: readonly string[]) =>
      `Muted, but not in the campaign: ${quoted(names, english)}. \`/npc unmuteall\` clears that.`,
    joining: 'They are still joining the voice channel.',
    ending: 'The session is ending.',
  },
  speaks: (npc: string) => `**${npc}** says it as soon as no other character is speaking…`,
  spoken: (npc: string) => `**${npc}** has said it.`,
  noText: 'There is nothing to say: the text is empty.',
  tooLong: (length: number, most: number) =>
    `That is too long to be said in one go: ${length} characters, at most ${most} are possible.`,
  unspoken: {
    NoWorker: (npc) =>
      `**${npc}** could not say it: I have no connection to the voice channel at the moment. Try again in a few seconds.`,
    NoAnswer: (npc) => `I do not know whether **${npc}** said it: the connection was lost meanwhile.`,
    UnknownNpc: (npc) => `**${npc}** is not at the table, or not yet: the campaign was just changed.`,
    Muted: (npc) => `**${npc}** is muted. Use \`/npc unmute\` first.`,
    Interrupted: (npc) => `**${npc}** was interrupted and has not said all of it.`,
    NoVoice: (npc) =>
      `**${npc}** has not said all of it: the voice channel was lost meanwhile. I am joining it again.`,
    TooMany: (npc) => `**${npc}** could not say it: too much waits to be said already.`,
    Ending: (npc) => `**${npc}** could not say it: the session is ending.`,
    Failed: (npc) =>
      `**${npc}** could not say it: the voice does not work at the moment. If it stays so, tell whoever operates Skald.`,
  } as Unspoken,
};

export const de: typeof en = {
  command: {
    npc: 'Die Figuren der laufenden Runde: wer still ist und was sie sagen',
    list: 'Zeigen, welche Figuren am Tisch sind und wer davon still ist',
    mute: 'Eine Figur still sein lassen; sie hört weiter zu',
    unmute: 'Eine Figur wieder sprechen lassen',
    muteall: 'Alle Figuren still sein lassen',
    unmuteall: 'Alle Figuren wieder sprechen lassen',
    speak: 'Eine Figur etwas sagen lassen, vor allem anderen, was wartet',
    npcOption: 'Die Figur',
    textOption: 'Was sie sagt, Wort für Wort',
  },
  stillJoining: (campaign) =>
    `Die Figuren von **${campaign}** betreten den Sprachkanal erst noch. Versuch es in ein paar Sekunden wieder.`,
  ending: (campaign) => `Die Runde von **${campaign}** geht gerade zu Ende.`,
  gone: 'Die Runde ist inzwischen zu Ende; nichts wurde geändert.',
  otherSession: 'Die Runde dieser Nachricht ist vorbei. Nimm stattdessen den Befehl.',
  noCharacters: (campaign) => `Ich finde keine Figuren von **${campaign}**. Wurde die Kampagne entfernt?`,
  unknown: (typed, campaign, names) =>
    `**${campaign}** hat keine Figur \`${typed}\`. Es gibt ${quoted(names, german)}.`,
  didYouMean: (typed, campaign, names) =>
    `**${campaign}** hat keine Figur \`${typed}\`. Meinst du ${quoted(names, { ...german, and: 'oder' })}?`,
  fromTheStart: ' Das gilt, sobald die Figuren da sind.',
  muted: (npc) => `**${npc}** ist jetzt still. \`/npc unmute\` hebt das auf.`,
  alreadyMuted: (npc) => `**${npc}** ist schon still. \`/npc unmute\` hebt das auf.`,
  unmuted: (npc) => `**${npc}** darf wieder sprechen.`,
  notMuted: (npc) => `**${npc}** ist nicht stummgeschaltet.`,
  allMuted: (campaign) =>
    `Alle Figuren von **${campaign}** sind jetzt still. \`/npc unmuteall\` hebt das auf.`,
  allMutedAlready: (campaign) => `Alle Figuren von **${campaign}** sind schon still.`,
  allUnmuted: (campaign) => `Alle Figuren von **${campaign}** dürfen wieder sprechen.`,
  noneMuted: (campaign) => `Keine Figur von **${campaign}** ist stummgeschaltet.`,
  list: {
    title: (campaign) => `Die Figuren von ${campaign}`,
    line: (npc, title, muted) =>
      `${muted ? '🔇' : '🗣️'} **${npc}**${title === '' ? '' : `, ${title}`}${muted ? ' (stumm)' : ''}`,
    more: (count) => `… und ${count} weitere.`,
    strangers: (names) =>
      `Stumm, aber nicht in der Kampagne: ${quoted(names, german)}. \`/npc unmuteall\` räumt das auf.`,
    joining: 'Sie betreten den Sprachkanal erst noch.',
    ending: 'Die Runde geht gerade zu Ende.',
  },
  speaks: (npc) => `**${npc}** sagt es, sobald keine andere Figur mehr spricht…`,
  spoken: (npc) => `**${npc}** hat es gesagt.`,
  noText: 'Es gibt nichts zu sagen: Der Text ist leer.',
  tooLong: (length, most) =>
    `Das ist zu lang, um es am Stück zu sagen: ${length} Zeichen, möglich sind höchstens ${most}.`,
  unspoken: {
    NoWorker: (npc) =>
      `**${npc}** konnte es nicht sagen: Ich habe gerade keine Verbindung zum Sprachkanal. Versuch es in ein paar Sekunden wieder.`,
    NoAnswer: (npc) =>
      `Ich weiß nicht, ob **${npc}** es gesagt hat: Die Verbindung ist inzwischen abgerissen.`,
    UnknownNpc: (npc) =>
      `**${npc}** ist nicht am Tisch, oder noch nicht: Die Kampagne wurde gerade geändert.`,
    Muted: (npc) => `**${npc}** ist stummgeschaltet. Nimm zuerst \`/npc unmute\`.`,
    Interrupted: (npc) => `**${npc}** wurde unterbrochen und hat nicht alles gesagt.`,
    NoVoice: (npc) =>
      `**${npc}** hat nicht alles gesagt: Der Sprachkanal ging inzwischen verloren. Ich betrete ihn gerade wieder.`,
    TooMany: (npc) => `**${npc}** konnte es nicht sagen: Es wartet schon zu viel.`,
    Ending: (npc) => `**${npc}** konnte es nicht sagen: Die Runde geht gerade zu Ende.`,
    Failed: (npc) =>
      `**${npc}** konnte es nicht sagen: Die Stimme funktioniert gerade nicht. Bleibt es so, sag es dem, der Skald betreibt.`,
  },
};
