/** What `/session recap` and `/session voice-recap` say. */
export const en = {
  command: {
    recap: 'Summarise a session: the one that runs, or the last one',
    voiceRecap: 'Have the recap of the last session told in the voice channel',
    sessionOption: 'Which session; may be left out',
  },
  title: (campaign: string) => `What happened in ${campaign}`,
  footer: (session: string, segments: number) => `Session ${session} · from ${segments} utterances`,
  looking: 'I am looking through my notes…',
  writing: (session: string) => `I am writing the recap of \`${session}\`. It takes a minute or two…`,
  noSessions: 'There is no transcript of any session on this server yet.',
  unknownSession: (name: string) => `I have no transcript of a session \`${name}\` on this server.`,
  nothing: (session: string) => `Nothing of what was said in \`${session}\` was written down.`,
  campaignGone: (campaign: string) =>
    `The campaign \`${campaign}\` does not exist any more: its language and its language model are not known.`,
  notCreated: 'The recap could not be started. Try again in a minute.',
  tooLong: 'The recap is not ready yet. Ask for it again in a few minutes.',
  failure: {
    RecapsBusy: 'Other recaps are being written just now. Try again in a minute.',
    NothingToRecap: 'I have no transcript of that session.',
    SpendCap: 'The recap would cost more than the budget allows. Ask whoever operates Skald.',
    SpendCapReached: 'The budget of this month is used up. Ask whoever operates Skald.',
    CampaignNotReady:
      'The campaign has an error. Its author finds it in the conditions of the campaign in Kubernetes.',
    TenantNotReady: 'The installation is not ready for this server yet. Try again in a few minutes.',
    ModeNotAvailable: 'This installation keeps no transcripts. Ask whoever operates Skald.',
    DeadlineExceeded: 'The language model was too slow for such a long session. Ask whoever operates Skald.',
    Requested: 'The recap was stopped.',
    Deleted: 'The recap was stopped.',
    WorkerFailed:
      'The recap could not be written: the language model or the database failed. Try again; if it stays so, tell whoever operates Skald.',
  },
  otherFailure: (name: string) =>
    `The recap could not be written. Whoever operates Skald finds out why with \`skald why ${name}\`.`,
  voice: {
    stillJoining: (campaign: string) =>
      `**${campaign}** is still on its way into the channel. Try again in a moment.`,
    ending: (campaign: string) => `**${campaign}** is ending.`,
    allMuted: 'Every character is muted, so nobody can tell the recap. Unmute one with `/npc unmute`.',
    tells: (npc: string, session: string) =>
      `**${npc}** tells what happened in \`${session}\`. Speak up, or mute **${npc}**, to stop it.`,
    told: (npc: string, session: string) => `**${npc}** has told what happened in \`${session}\`.`,
    interrupted: (npc: string) => `**${npc}** was interrupted. \`/session recap\` shows the whole text.`,
    muted: (npc: string) => `**${npc}** was muted and has stopped. \`/session recap\` shows the whole text.`,
    over: 'The session has ended before the recap was told.',
    failed: (npc: string) => `**${npc}** could not speak. \`/session recap\` shows the text.`,
  },
};

export const de: typeof en = {
  command: {
    recap: 'Eine Runde zusammenfassen: die laufende oder die letzte',
    voiceRecap: 'Die Zusammenfassung der letzten Runde im Sprachkanal erzählen lassen',
    sessionOption: 'Welche Runde; kann fehlen',
  },
  title: (campaign) => `Was in ${campaign} geschah`,
  footer: (session, segments) => `Runde ${session} · aus ${segments} Äußerungen`,
  looking: 'Ich sehe meine Notizen durch…',
  writing: (session) => `Ich schreibe die Zusammenfassung von \`${session}\`. Das dauert ein, zwei Minuten…`,
  noSessions: 'Von diesem Server gibt es noch keine Mitschrift.',
  unknownSession: (name) => `Ich habe auf diesem Server keine Mitschrift einer Runde \`${name}\`.`,
  nothing: (session) => `Von dem, was in \`${session}\` gesagt wurde, ist nichts aufgeschrieben.`,
  campaignGone: (campaign) =>
    `Die Kampagne \`${campaign}\` gibt es nicht mehr: Ihre Sprache und ihr Sprachmodell sind nicht bekannt.`,
  notCreated: 'Die Zusammenfassung konnte nicht begonnen werden. Versuch es in einer Minute wieder.',
  tooLong: 'Die Zusammenfassung ist noch nicht fertig. Frag in ein paar Minuten noch einmal danach.',
  failure: {
    RecapsBusy:
      'Gerade werden schon andere Zusammenfassungen geschrieben. Versuch es in einer Minute wieder.',
    NothingToRecap: 'Von dieser Runde habe ich keine Mitschrift.',
    SpendCap: 'Die Zusammenfassung würde mehr kosten, als das Budget erlaubt. Frag den, der Skald betreibt.',
    SpendCapReached: 'Das Budget dieses Monats ist aufgebraucht. Frag den, der Skald betreibt.',
    CampaignNotReady:
      'Die Kampagne hat einen Fehler. Wer sie schreibt, findet ihn in ihren Conditions in Kubernetes.',
    TenantNotReady:
      'Die Installation ist für diesen Server noch nicht bereit. Versuch es in ein paar Minuten wieder.',
    ModeNotAvailable: 'Diese Installation bewahrt keine Mitschriften auf. Frag den, der Skald betreibt.',
    DeadlineExceeded:
      'Das Sprachmodell war für eine so lange Runde zu langsam. Frag den, der Skald betreibt.',
    Requested: 'Die Zusammenfassung wurde abgebrochen.',
    Deleted: 'Die Zusammenfassung wurde abgebrochen.',
    WorkerFailed:
      'Die Zusammenfassung konnte nicht geschrieben werden: Das Sprachmodell oder die Datenbank ist ausgefallen. Versuch es noch einmal; bleibt es so, sag es dem, der Skald betreibt.',
  },
  otherFailure: (name) =>
    `Die Zusammenfassung konnte nicht geschrieben werden. Wer Skald betreibt, erfährt mit \`skald why ${name}\`, warum.`,
  voice: {
    stillJoining: (campaign) =>
      `**${campaign}** ist noch auf dem Weg in den Kanal. Versuch es gleich noch einmal.`,
    ending: (campaign) => `**${campaign}** geht gerade zu Ende.`,
    allMuted:
      'Alle Figuren sind stumm, also kann keine erzählen. Gib einer mit `/npc unmute` die Stimme zurück.',
    tells: (npc, session) =>
      `**${npc}** erzählt, was in \`${session}\` geschah. Redet dazwischen oder schalte **${npc}** stumm, um es zu beenden.`,
    told: (npc, session) => `**${npc}** hat erzählt, was in \`${session}\` geschah.`,
    interrupted: (npc) => `**${npc}** wurde unterbrochen. \`/session recap\` zeigt den ganzen Text.`,
    muted: (npc) =>
      `**${npc}** wurde stumm geschaltet und hat aufgehört. \`/session recap\` zeigt den ganzen Text.`,
    over: 'Die Runde ist zu Ende gegangen, ehe alles erzählt war.',
    failed: (npc) => `**${npc}** konnte nicht sprechen. \`/session recap\` zeigt den Text.`,
  },
};
