/** What `/search` says. */
export const en = {
  command: {
    search: 'Find what was said in the sessions of this server',
    queryOption: 'Words, "a phrase", -without, one or another',
    speakerOption: 'Only what this character or player said',
    sessionOption: 'Only in this session, or in this campaign’s sessions',
  },
  nothing: (query: string) =>
    `Nothing that was said here matches \`${query}\`. All words must be in one utterance; \`or\` between them takes either.`,
  outdated: 'This search is too old to turn its pages. Use `/search` again.',
  title: 'What was said',
  query: 'Searched for',
  speaker: 'Said by',
  session: 'In',
  footer: (page: string, pages: string, total: string) => `Page ${page} of ${pages} · ${total} found`,
  previous: 'Back',
  next: 'Next',
};

export const de: typeof en = {
  command: {
    search: 'Finden, was in den Runden auf diesem Server gesagt wurde',
    queryOption: 'Wörter, "eine Wendung", -ohne, eins or anderes',
    speakerOption: 'Nur, was diese Figur oder dieser Mensch gesagt hat',
    sessionOption: 'Nur in dieser Runde, oder in den Runden dieser Kampagne',
  },
  nothing: (query) =>
    `Nichts, was hier gesagt wurde, passt zu \`${query}\`. Alle Wörter müssen in einer Äußerung vorkommen; mit \`or\` dazwischen genügt eins.`,
  outdated: 'Diese Suche ist zu alt zum Blättern. Nimm noch einmal `/search`.',
  title: 'Was gesagt wurde',
  query: 'Gesucht',
  speaker: 'Von',
  session: 'In',
  footer: (page, pages, total) => `Seite ${page} von ${pages} · ${total} gefunden`,
  previous: 'Zurück',
  next: 'Weiter',
};
