/** What people in a voice channel are told about being heard and about the budget: aloud, and in text. */

export const en = {
  consent: {
    /** Read out: no marks of text. */
    spoken: (recorded: boolean) =>
      'A notice before we begin. The characters at this table are played by an artificial intelligence. ' +
      `From now on it listens to this voice channel and turns what is said into text${recorded ? ', which is kept' : ''}. ` +
      'If you do not want that, leave the channel, or type the command: slash privacy, opt out.',
    written: (recorded: boolean) =>
      '🎙️ **You are being heard.** The characters in this voice channel are played by an AI. It listens from now on and ' +
      `turns what is said into text${recorded ? ', which is kept' : ''}. If you do not want that, leave the channel or ` +
      'type `/privacy optout`. `/privacy show` lists what is stored of you, `/privacy erase` removes it.',
  },
  /** Read out. */
  spendSpoken: 'The budget for this table is used up. The characters do not listen or answer any more.',
  /** An NPC says it instead of what it must not say: at any table, in any age. */
  withheld: 'Of that I would rather not speak. Ask me something else.',
  spendSession: (title: string) =>
    `💰 **${title}**: the budget of this session is used up. The characters do not listen or answer any more. ` +
    'Whoever operates Skald can raise it; `/session stop` ends the session.',
  spendMonth: (title: string) =>
    `💰 **${title}**: the budget of this month is used up. The characters do not listen or answer any more until the ` +
    'next month begins. Whoever operates Skald can raise it; `/session stop` ends the session.',
};

export const de: typeof en = {
  consent: {
    spoken: (recorded) =>
      'Ein Hinweis, bevor wir beginnen. Die Figuren in dieser Runde spielt eine künstliche Intelligenz. ' +
      `Sie hört ab jetzt in diesem Sprachkanal zu und macht aus dem, was gesagt wird, Text${recorded ? ', der aufbewahrt wird' : ''}. ` +
      'Wer das nicht möchte, verlässt den Kanal oder tippt den Befehl: Schrägstrich Privacy, opt out.',
    written: (recorded) =>
      '🎙️ **Hier hört jemand zu.** Die Figuren in diesem Sprachkanal spielt eine KI. Sie hört ab jetzt zu und macht aus dem, ' +
      `was gesagt wird, Text${recorded ? ', der aufbewahrt wird' : ''}. Wer das nicht möchte, verlässt den Kanal oder tippt ` +
      '`/privacy optout`. `/privacy show` zeigt, was von dir gespeichert ist, `/privacy erase` löscht es.',
  },
  spendSpoken:
    'Das Budget für diese Runde ist aufgebraucht. Die Figuren hören nicht mehr zu und antworten nicht mehr.',
  withheld: 'Davon möchte ich lieber nicht sprechen. Fragt mich etwas anderes.',
  spendSession: (title) =>
    `💰 **${title}**: Das Budget dieser Runde ist aufgebraucht. Die Figuren hören nicht mehr zu und antworten nicht mehr. ` +
    'Wer Skald betreibt, kann es erhöhen; `/session stop` beendet die Runde.',
  spendMonth: (title) =>
    `💰 **${title}**: Das Budget dieses Monats ist aufgebraucht. Die Figuren hören nicht mehr zu und antworten bis zum ` +
    'Beginn des nächsten Monats nicht mehr. Wer Skald betreibt, kann es erhöhen; `/session stop` beendet die Runde.',
};
