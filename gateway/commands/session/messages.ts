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
  progress: {
    created: (campaign: string, channelId: string) => `**${campaign}** will begin in <#${channelId}>…`,
    pending: (campaign: string, why: string) => `**${campaign}** waits to be admitted${why}…`,
    provisioning: (campaign: string) => `**${campaign}**: the voice is being prepared…`,
    connecting: (campaign: string, channelId: string) => `**${campaign}**: joining <#${channelId}>…`,
    active: (campaign: string, channelId: string, since: string) =>
      `**${campaign}**: listening in <#${channelId}> since ${since}. End with \`/session stop\`.`,
    degraded: (campaign: string, channelId: string, why: string) =>
      `**${campaign}**: in <#${channelId}>, with trouble: ${why}`,
    draining: (campaign: string) => `**${campaign}**: finishing the sentence and leaving…`,
    ended: (campaign: string, why: string, summary: string) => `**${campaign}** has ended: ${why}.${summary}`,
    failed: (campaign: string, why: string) => `**${campaign}** could not go on: ${why}`,
    gone: (campaign: string) => `**${campaign}** has ended.`,
    stopping: (session: string) => `\`${session}\` is being ended.`,
    summary: (duration: string, utterances: number, replies: number) =>
      ` It lasted ${duration}; ${utterances} ${utterances === 1 ? 'utterance was' : 'utterances were'} heard and ${replies} ${replies === 1 ? 'answer' : 'answers'} given.`,
    minutes: (minutes: number) => (minutes < 1 ? 'less than a minute' : `${minutes} min`),
    unknownTrouble: 'the voice connection is being restored.',
  },
  endReason: {
    Requested: 'it was stopped',
    Deleted: 'it was deleted',
    Idle: 'nobody had spoken for a while',
    ChannelEmpty: 'everybody had left the channel',
    DeadlineExceeded: 'its time was up',
    SpendCap: 'its budget was used up',
    WorkerFailed: 'its worker failed',
    Rejected: 'it was not admitted',
    DiscordRefused: 'Discord refused the voice connection',
    Kicked: 'the bot was removed from the channel',
    Completed: 'the recap is written',
    NothingToRecap: 'there is no transcript to summarise',
  },
  failure: {
    TenantNotReady: 'the installation is not ready for this server yet. Try again in a few minutes.',
    GuildBusy: 'another session runs on this server already. End it with `/session stop` first.',
    CampaignBusy: 'this campaign is being played in another session already.',
    QuotaExceeded: 'the number of sessions or hours that were agreed on is used up.',
    SpendCapReached: 'the budget of this month is used up.',
    CampaignNotReady: 'the campaign has an error. Its conditions in Kubernetes say which.',
    RecapsBusy: 'other recaps are being written just now. Try again in a minute.',
    NothingToRecap: 'there is no transcript of that session.',
    GuildNotAllowed: 'this server is not on the list of servers that sessions may run on.',
    DiscordRefused: 'Discord refused the voice connection. Check my permissions in the channel.',
    WorkerFailed: 'the worker failed. Whoever operates Skald finds the reason in the events of the session.',
    other: (reason: string, session: string) => `${reason} (session \`${session}\`).`,
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
    notInVoice: 'Du bist in keinem Sprachkanal. Geh in einen, oder nenn einen mit der Option `channel`.',
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
  progress: {
    created: (campaign, channelId) => `**${campaign}** beginnt in <#${channelId}>…`,
    pending: (campaign, why) => `**${campaign}** wartet auf Zulassung${why}…`,
    provisioning: (campaign) => `**${campaign}**: Die Stimme wird vorbereitet…`,
    connecting: (campaign, channelId) => `**${campaign}**: Ich betrete <#${channelId}>…`,
    active: (campaign, channelId, since) =>
      `**${campaign}**: Ich höre in <#${channelId}> zu, seit ${since}. Beenden mit \`/session stop\`.`,
    degraded: (campaign, channelId, why) => `**${campaign}**: in <#${channelId}>, mit Störung: ${why}`,
    draining: (campaign) => `**${campaign}**: Der Satz wird beendet, dann gehe ich…`,
    ended: (campaign, why, summary) => `**${campaign}** ist zu Ende: ${why}.${summary}`,
    failed: (campaign, why) => `**${campaign}** konnte nicht weitergehen: ${why}`,
    gone: (campaign) => `**${campaign}** ist zu Ende.`,
    stopping: (session) => `\`${session}\` wird beendet.`,
    summary: (duration, utterances, replies) =>
      ` Dauer: ${duration}; ${utterances} ${utterances === 1 ? 'Äußerung' : 'Äußerungen'} gehört, ${replies} ${replies === 1 ? 'Antwort' : 'Antworten'} gegeben.`,
    minutes: (minutes) => (minutes < 1 ? 'weniger als eine Minute' : `${minutes} min`),
    unknownTrouble: 'Die Sprachverbindung wird wiederhergestellt.',
  },
  endReason: {
    Requested: 'sie wurde beendet',
    Deleted: 'sie wurde gelöscht',
    Idle: 'eine Weile hat niemand gesprochen',
    ChannelEmpty: 'alle hatten den Kanal verlassen',
    DeadlineExceeded: 'ihre Zeit war um',
    SpendCap: 'ihr Budget war aufgebraucht',
    WorkerFailed: 'ihr Worker ist ausgefallen',
    Rejected: 'sie wurde nicht zugelassen',
    DiscordRefused: 'Discord hat die Sprachverbindung abgelehnt',
    Kicked: 'der Bot wurde aus dem Kanal entfernt',
    Completed: 'die Zusammenfassung ist geschrieben',
    NothingToRecap: 'es gibt keine Mitschrift, die sich zusammenfassen ließe',
  },
  failure: {
    TenantNotReady:
      'Die Installation ist für diesen Server noch nicht bereit. Versuch es in ein paar Minuten wieder.',
    GuildBusy: 'Auf diesem Server läuft schon eine andere Runde. Beende sie zuerst mit `/session stop`.',
    CampaignBusy: 'Diese Kampagne wird schon in einer anderen Runde gespielt.',
    QuotaExceeded: 'Die vereinbarte Zahl der Runden oder Stunden ist aufgebraucht.',
    SpendCapReached: 'Das Budget dieses Monats ist aufgebraucht.',
    CampaignNotReady: 'Die Kampagne hat einen Fehler. Ihre Conditions in Kubernetes sagen, welchen.',
    RecapsBusy:
      'Gerade werden schon andere Zusammenfassungen geschrieben. Versuch es in einer Minute wieder.',
    NothingToRecap: 'Von dieser Runde gibt es keine Mitschrift.',
    GuildNotAllowed: 'Dieser Server steht nicht auf der Liste der Server, auf denen Runden laufen dürfen.',
    DiscordRefused: 'Discord hat die Sprachverbindung abgelehnt. Prüfe meine Berechtigungen im Kanal.',
    WorkerFailed: 'Der Worker ist ausgefallen. Wer Skald betreibt, findet den Grund in den Events der Runde.',
    other: (reason, session) => `${reason} (Runde \`${session}\`).`,
  },
};
