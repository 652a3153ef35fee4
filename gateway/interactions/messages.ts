/** What is said about interactions as such: references, and answers that come late. */

export const en = {
  /** Discord shows what follows `-#` small. */
  withReference: (text: string, reference: string) => `${text}\n-# Reference ${reference}`,
  lost: (what: string, reference: string, answer: string) =>
    `My answer to your earlier ${what} did not reach Discord. It was:\n${answer}\n-# Reference ${reference}`,
  interrupted: (what: string, reference: string) =>
    `I was restarted before I could answer your earlier ${what}. \`/session status\` shows what runs now.\n-# Reference ${reference}`,
  command: (name: string) => `\`/${name}\``,
  button: 'click',
};

export const de: typeof en = {
  withReference: (text, reference) => `${text}\n-# Referenz ${reference}`,
  lost: (what, reference, answer) =>
    `Auf deine Eingabe vorhin (${what}) kam meine Antwort nicht bei Discord an. Sie war:\n${answer}\n-# Referenz ${reference}`,
  interrupted: (what, reference) =>
    `Ich wurde neu gestartet, bevor ich auf deine Eingabe vorhin (${what}) antworten konnte. \`/session status\` zeigt, was jetzt läuft.\n-# Referenz ${reference}`,
  command: (name) => `\`/${name}\``,
  button: 'ein Klick',
};
