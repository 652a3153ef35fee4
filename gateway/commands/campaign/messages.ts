/** What `/campaign` says. */

export const en = {
  command: {
    campaign: 'The campaigns that can be played',
    list: 'Show all campaigns, whether they can be played, and where they run',
    info: 'Show one campaign: its characters, its language and what was played of it',
    load: 'Set the campaign that /session start takes on this server when none is named',
    switch: 'End the session that runs and start another campaign in the same channel',
    campaignOption: 'The campaign',
    infoOption: 'The campaign; may be left out when one runs, is loaded, or is the only one',
  },
  /** For names of languages, and numbers. */
  locale: 'en',
  ready: 'ready',
  unchecked: 'is still being checked',
  broken: (why: string) => `has an error: ${why}`,
  /** When a campaign's condition says nothing. */
  brokenSomehow: 'its conditions in Kubernetes say which',
  runsHere: (channelId: string | undefined) =>
    channelId === undefined ? 'running' : `running in <#${channelId}>`,
  runsElsewhere: 'running on another server',
  loaded: 'loaded',
  list: {
    title: 'Campaigns',
    characters: (count: number) => (count === 1 ? '1 character' : `${count} characters`),
    more: (count: number) => `… and ${count} more.`,
  },
  info: {
    characters: (count: number) => `Characters (${count})`,
    muted: 'muted',
    language: 'Language',
    state: 'State',
    played: 'Played',
    never: 'not yet',
    sessions: (count: number, hours: string) =>
      count === 1 ? `1 session, ${hours}` : `${count} sessions, ${hours}`,
    hours: (hours: string) => `${hours} hours`,
    last: 'Last session',
    unknown: 'I cannot look into my records right now.',
    name: (name: string) => `Name: ${name}`,
  },
  nowLoaded: (campaign: string) => `\`/session start\` takes **${campaign}** on this server from now on.`,
  loadedAlready: (campaign: string) => `**${campaign}** is loaded on this server already.`,
  butNotReady: (state: string) => ` At the moment it cannot be played: it ${state}.`,
  switching: {
    nothingRuns: 'No session runs on this server. Start one with `/session start`.',
    ending: 'The session is ending already. Start the next one with `/session start` when it is over.',
    same: (campaign: string) => `**${campaign}** runs here already.`,
    notReady: (campaign: string, state: string) =>
      `**${campaign}** cannot be played: it ${state}. The session that runs goes on.`,
    playedElsewhere: (campaign: string) =>
      `**${campaign}** is being played on another server. The session that runs goes on.`,
    goesOn: (why: string) => `${why} The session that runs goes on.`,
    ends: (before: string, after: string) => `**${before}** is ending; **${after}** begins after it…`,
    notEnded: (before: string, after: string) =>
      `**${before}** has not ended in time, so **${after}** was not started. When it is over, use \`/session start\`.`,
    notStopped: (before: string) => `**${before}** could not be ended; it goes on. Try again in a minute.`,
  },
};

export const de: typeof en = {
  command: {
    campaign: 'Die Kampagnen, die gespielt werden können',
    list: 'Alle Kampagnen zeigen, ob sie spielbar sind und wo sie laufen',
    info: 'Eine Kampagne zeigen: ihre Figuren, ihre Sprache und was davon gespielt wurde',
    load: 'Die Kampagne festlegen, die /session start hier nimmt, wenn keine genannt wird',
    switch: 'Die laufende Runde beenden und im selben Kanal eine andere Kampagne starten',
    campaignOption: 'Die Kampagne',
    infoOption: 'Die Kampagne; kann fehlen, wenn eine läuft, geladen oder die einzige ist',
  },
  locale: 'de',
  ready: 'spielbar',
  unchecked: 'wird noch geprüft',
  broken: (why) => `hat einen Fehler: ${why}`,
  brokenSomehow: 'ihre Conditions in Kubernetes sagen, welchen',
  runsHere: (channelId) => (channelId === undefined ? 'läuft' : `läuft in <#${channelId}>`),
  runsElsewhere: 'läuft auf einem anderen Server',
  loaded: 'geladen',
  list: {
    title: 'Kampagnen',
    characters: (count) => (count === 1 ? '1 Figur' : `${count} Figuren`),
    more: (count) => `… und ${count} weitere.`,
  },
  info: {
    characters: (count) => `Figuren (${count})`,
    muted: 'stumm',
    language: 'Sprache',
    state: 'Stand',
    played: 'Gespielt',
    never: 'noch nicht',
    sessions: (count, hours) => (count === 1 ? `1 Runde, ${hours}` : `${count} Runden, ${hours}`),
    hours: (hours) => `${hours} Stunden`,
    last: 'Letzte Runde',
    unknown: 'Ich kann gerade nicht in meinen Aufzeichnungen nachsehen.',
    name: (name) => `Name: ${name}`,
  },
  nowLoaded: (campaign) => `\`/session start\` nimmt auf diesem Server ab jetzt **${campaign}**.`,
  loadedAlready: (campaign) => `**${campaign}** ist auf diesem Server schon geladen.`,
  butNotReady: (state) => ` Gerade ist sie nicht spielbar: Sie ${state}.`,
  switching: {
    nothingRuns: 'Auf diesem Server läuft keine Runde. Starte eine mit `/session start`.',
    ending: 'Die Runde geht schon zu Ende. Starte die nächste mit `/session start`, wenn sie vorbei ist.',
    same: (campaign) => `**${campaign}** läuft hier schon.`,
    notReady: (campaign, state) =>
      `**${campaign}** ist nicht spielbar: Sie ${state}. Die laufende Runde geht weiter.`,
    playedElsewhere: (campaign) =>
      `**${campaign}** wird gerade auf einem anderen Server gespielt. Die laufende Runde geht weiter.`,
    goesOn: (why) => `${why} Die laufende Runde geht weiter.`,
    ends: (before, after) => `**${before}** geht zu Ende; danach beginnt **${after}**…`,
    notEnded: (before, after) =>
      `**${before}** ist nicht rechtzeitig zu Ende gegangen, deshalb wurde **${after}** nicht gestartet. Nimm \`/session start\`, wenn die Runde vorbei ist.`,
    notStopped: (before) =>
      `**${before}** ließ sich nicht beenden; die Runde geht weiter. Versuch es in einer Minute wieder.`,
  },
};
