/** What `/feedback` says. */

export const en = {
  command: {
    feedback: 'Say how the last session was for you; it can be changed by doing it again',
    voice: 'How did the characters sound?',
    understanding: 'Did they understand what was said?',
    character: 'Did they stay who they are?',
    speed: 'Did they answer soon enough?',
    comment: 'Anything else? Whoever operates Skald can read it',
  },
  /** From 1 to 5. */
  grades: ['1: bad', '2: poor', '3: all right', '4: good', '5: very good'],
  thanks: (campaign: string, began: string) =>
    `Thank you! Your feedback on **${campaign}** of ${began} is kept.`,
  replaced: (campaign: string, began: string) =>
    `Thank you! Your new feedback on **${campaign}** of ${began} takes the place of your earlier one.`,
  noSession: 'There was no session on this server yet that you could say something about.',
  incomplete: 'Each of the four ratings must be from 1 to 5. Nothing was kept.',
  tooLong: (length: number, most: number) =>
    `The comment is too long: ${length} characters, at most ${most} are kept. Nothing was kept.`,
};

export const de: typeof en = {
  command: {
    feedback: 'Sagen, wie die letzte Runde für dich war; noch einmal ändert es',
    voice: 'Wie klangen die Figuren?',
    understanding: 'Haben sie verstanden, was gesagt wurde?',
    character: 'Sind sie in ihrer Rolle geblieben?',
    speed: 'Haben sie schnell genug geantwortet?',
    comment: 'Noch etwas? Wer Skald betreibt, kann es lesen',
  },
  grades: ['1: schlecht', '2: eher schlecht', '3: in Ordnung', '4: gut', '5: sehr gut'],
  thanks: (campaign, began) => `Danke! Deine Rückmeldung zu **${campaign}** vom ${began} ist gespeichert.`,
  replaced: (campaign, began) =>
    `Danke! Deine neue Rückmeldung zu **${campaign}** vom ${began} ersetzt deine frühere.`,
  noSession: 'Auf diesem Server gab es noch keine Runde, zu der du etwas sagen könntest.',
  incomplete: 'Jede der vier Bewertungen muss von 1 bis 5 sein. Nichts wurde gespeichert.',
  tooLong: (length, most) =>
    `Der Kommentar ist zu lang: ${length} Zeichen, höchstens ${most} werden gespeichert. Nichts wurde gespeichert.`,
};
