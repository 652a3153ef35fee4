/** What `/session` says. */
import { english, german, quoted } from '../../messages/list.ts';

export const en = {
  command: {
    session: 'Voice sessions with the characters of a campaign',
    start: 'Bring the characters of a campaign into a voice channel',
    stop: 'End the session on this server',
    status: 'Show what runs on this server',
    campaignOption: 'The campaign to play; may be left out when there is just one, or one is loaded',
    channelOption: 'The voice channel to join; may be left out when you are in one',
  },
  refusal: {
    notInVoice: 'You are not in a voice channel. Join one, or name one with the option `channel`.',
    chooseCampaign: (names: readonly string[]) =>
      `Which campaign? There is ${quoted(names, english)}. With \`/campaign load\` one can be set for this server.`,
    alreadyRunning: (session: string, campaign: string, channelId: string | undefined) =>
      `A session runs here already: \`${session}\` (campaign \`${campaign}\`${channelId === undefined ? '' : `, in <#${channelId}>`}). End it with \`/session stop\` first.`,
    channelNotFound: 'I cannot find that channel.',
    missingView: (channelId: string) =>
      `I cannot see <#${channelId}>. Give my role the permission "View Channel" there.`,
    missingConnect: (channelId: string) =>
      `I may not join <#${channelId}>. Give my role the permission "Connect" there.`,
    missingSpeak: (channelId: string) =>
      `I may not speak in <#${channelId}>. Give my role the permission "Speak" there.`,
    stageChannel: (channelId: string) =>
      `<#${channelId}> is a stage channel; characters can talk in ordinary voice channels only.`,
    notAVoiceChannel: (channelId: string) => `<#${channelId}> is not a voice channel.`,
    channelFull: (channelId: string) => `<#${channelId}> is full.`,
    notCreated: 'The session could not be created; nothing was started. Try again in a minute.',
    rejected: (message: string) => `The session was refused: ${message}`,
  },
  stopping: (session: string) => `\`${session}\` is being ended.`,
  over: 'That session is over already.',
  card: {
    created: (channelId: string) => `It will begin in <#${channelId}>…`,
    pending: 'It waits to be admitted…',
    provisioning: 'The voice is being prepared…',
    connecting: (channelId: string) => `I am joining <#${channelId}>…`,
    active: (channelId: string) => `The characters are listening in <#${channelId}>.`,
    degraded: (channelId: string) => `I am in <#${channelId}>, with trouble:`,
    ending: 'The sentence is being finished, then I leave…',
    ended: 'The session has ended.',
    failed: 'The session could not go on.',
    gone: 'The session has ended: it was deleted.',
    since: 'Since',
    responseTime: 'Response time',
    muted: 'Muted',
    allMuted: 'everybody',
    lasted: 'Lasted',
    heard: 'Heard',
    utterances: (count: number) => (count === 1 ? '1 utterance' : `${count} utterances`),
    answered: 'Answered',
    answers: (count: number) => (count === 1 ? '1 answer' : `${count} answers`),
    spend: 'Cost',
    dollars: (amount: number) => (amount < 0.01 ? 'less than $0.01' : `$${amount.toFixed(2)}`),
    seconds: (seconds: number) => `${seconds.toFixed(1)} s`,
    duration: (hours: number, minutes: number) => {
      if (hours > 0) return `${hours} h ${minutes} min`;
      return minutes < 1 ? 'less than a minute' : `${minutes} min`;
    },
    cannotSee:
      'I cannot see this channel, so this message stops changing a quarter of an hour after it was written. Whoever manages the server can give my role "View Channel" here.',
    stopButton: 'Stop',
    muteAllButton: 'Mute all',
    unmuteAllButton: 'Unmute all',
    recapButton: 'Recap',
    otherReason: (reason: string) => `${reason}.`,
  },
};

export const de: typeof en = {
  command: {
    session: 'Sprachrunden mit den Figuren einer Kampagne',
    start: 'Die Figuren einer Kampagne in einen Sprachkanal holen',
    stop: 'Die Runde auf diesem Server beenden',
    status: 'Zeigen, was auf diesem Server läuft',
    campaignOption: 'Die Kampagne; kann fehlen, wenn es nur eine gibt oder eine geladen ist',
    channelOption: 'Der Sprachkanal; kann fehlen, wenn du in einem bist',
  },
  refusal: {
    notInVoice: 'Du bist in keinem Sprachkanal. Geh in einen, oder nenn einen mit der Option `kanal`.',
    chooseCampaign: (names) =>
      `Welche Kampagne? Es gibt ${quoted(names, german)}. Mit \`/campaign load\` lässt sich eine für diesen Server festlegen.`,
    alreadyRunning: (session, campaign, channelId) =>
      `Hier läuft schon eine Runde: \`${session}\` (Kampagne \`${campaign}\`${channelId === undefined ? '' : `, in <#${channelId}>`}). Beende sie zuerst mit \`/session stop\`.`,
    channelNotFound: 'Ich finde diesen Kanal nicht.',
    missingView: (channelId) =>
      `Ich sehe <#${channelId}> nicht. Gib meiner Rolle dort die Berechtigung „Kanal ansehen“.`,
    missingConnect: (channelId) =>
      `Ich darf <#${channelId}> nicht betreten. Gib meiner Rolle dort die Berechtigung „Verbinden“.`,
    missingSpeak: (channelId) =>
      `Ich darf in <#${channelId}> nicht sprechen. Gib meiner Rolle dort die Berechtigung „Sprechen“.`,
    stageChannel: (channelId) =>
      `<#${channelId}> ist ein Stage-Kanal; Figuren können nur in gewöhnlichen Sprachkanälen reden.`,
    notAVoiceChannel: (channelId) => `<#${channelId}> ist kein Sprachkanal.`,
    channelFull: (channelId) => `<#${channelId}> ist voll.`,
    notCreated:
      'Die Runde konnte nicht angelegt werden; nichts wurde gestartet. Versuch es in einer Minute wieder.',
    rejected: (message) => `Die Runde wurde abgelehnt: ${message}`,
  },
  stopping: (session) => `\`${session}\` wird beendet.`,
  over: 'Diese Runde ist schon vorbei.',
  card: {
    created: (channelId) => `Sie beginnt in <#${channelId}>…`,
    pending: 'Sie wartet auf Zulassung…',
    provisioning: 'Die Stimme wird vorbereitet…',
    connecting: (channelId) => `Ich betrete <#${channelId}>…`,
    active: (channelId) => `Die Figuren hören in <#${channelId}> zu.`,
    degraded: (channelId) => `Ich bin in <#${channelId}>, mit einer Störung:`,
    ending: 'Der Satz wird beendet, dann gehe ich…',
    ended: 'Die Runde ist zu Ende.',
    failed: 'Die Runde konnte nicht weitergehen.',
    gone: 'Die Runde ist zu Ende: Sie wurde gelöscht.',
    since: 'Seit',
    responseTime: 'Antwortzeit',
    muted: 'Stumm',
    allMuted: 'alle',
    lasted: 'Dauer',
    heard: 'Gehört',
    utterances: (count) => (count === 1 ? '1 Äußerung' : `${count} Äußerungen`),
    answered: 'Geantwortet',
    answers: (count) => (count === 1 ? '1 Antwort' : `${count} Antworten`),
    spend: 'Kosten',
    dollars: (amount) => (amount < 0.01 ? 'weniger als 0,01 $' : `${amount.toFixed(2).replace('.', ',')} $`),
    seconds: (seconds) => `${seconds.toFixed(1).replace('.', ',')} s`,
    duration: (hours, minutes) => {
      if (hours > 0) return `${hours} h ${minutes} min`;
      return minutes < 1 ? 'weniger als eine Minute' : `${minutes} min`;
    },
    cannotSee:
      'Ich sehe diesen Kanal nicht; diese Nachricht ändert sich deshalb nur in der ersten Viertelstunde. Wer den Server verwaltet, kann meiner Rolle hier „Kanal ansehen“ geben.',
    stopButton: 'Beenden',
    muteAllButton: 'Alle stumm',
    unmuteAllButton: 'Alle wieder laut',
    recapButton: 'Zusammenfassung',
    otherReason: (reason) => `${reason}.`,
  },
};
