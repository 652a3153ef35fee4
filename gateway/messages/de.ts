import type { Messages } from './catalogue.ts';

export const de: Messages = {
  command: {
    session: 'Sprachrunden mit den Figuren einer Kampagne',
    start: 'Die Figuren einer Kampagne in einen Sprachkanal holen',
    stop: 'Die Runde auf diesem Server beenden',
    status: 'Zeigen, was auf diesem Server läuft',
    campaignOption: 'Die Kampagne; kann fehlen, wenn es nur eine gibt',
    channelOption: 'Der Sprachkanal; kann fehlen, wenn du in einem bist',
  },
  refusal: {
    notAllowed: (roles) => `Du darfst diesen Befehl hier nicht verwenden. Nötig ist ${roles}.`,
    needsRole: (roles) => `die Rolle ${roles.map((id) => `<@&${id}>`).join(' oder ')}`,
    needsManageGuild: 'die Berechtigung „Server verwalten“',
    guildNotAllowed:
      'Dieser Server steht nicht auf der Liste der Server, auf denen Runden laufen dürfen. Frag, wer Skald betreibt.',
    notInGuild: 'Dieser Befehl geht nur auf einem Server.',
    starting:
      'Ich bin eben erst verbunden und lese diesen Server noch ein. Versuch es in ein paar Sekunden wieder.',
    databaseUnavailable:
      'Ich komme gerade nicht an meine Aufzeichnungen. Versuch es in einer Minute wieder; eine laufende Runde geht weiter.',
    notInVoice: 'Du bist in keinem Sprachkanal. Geh in einen, oder nenn einen mit der Option `channel`.',
    noCampaign: 'Es gibt noch keine Kampagne. Lege zuerst eine Campaign in Kubernetes an.',
    chooseCampaign: (names) => `Welche Kampagne? Es gibt ${quoted(names)}.`,
    unknownCampaign: (name, names) =>
      names.length === 0
        ? `Es gibt keine Kampagne \`${name}\` und auch keine andere. Lege zuerst eine Campaign in Kubernetes an.`
        : `Es gibt keine Kampagne \`${name}\`. Es gibt ${quoted(names)}.`,
    alreadyRunning: (session, campaign, channelId) =>
      `Hier läuft schon eine Runde: \`${session}\` (Kampagne \`${campaign}\`${channelId === undefined ? '' : `, in <#${channelId}>`}). Beende sie zuerst mit \`/session stop\`.`,
    nothingRuns: 'Auf diesem Server läuft keine Runde.',
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
    failed:
      'Hier ist etwas schiefgegangen. Versuch es noch einmal; bleibt es so, sag es dem, der Skald betreibt.',
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
  },
  failure: {
    TenantNotReady:
      'Die Installation ist für diesen Server noch nicht bereit. Versuch es in ein paar Minuten wieder.',
    GuildBusy: 'Auf diesem Server läuft schon eine andere Runde. Beende sie zuerst mit `/session stop`.',
    CampaignBusy: 'Diese Kampagne wird schon in einer anderen Runde gespielt.',
    QuotaExceeded: 'Die vereinbarte Zahl der Runden oder Stunden ist aufgebraucht.',
    SpendCapReached: 'Das Budget dieses Monats ist aufgebraucht.',
    CampaignNotReady: 'Die Kampagne hat einen Fehler. Ihre Conditions in Kubernetes sagen, welchen.',
    GuildNotAllowed: 'Dieser Server steht nicht auf der Liste der Server, auf denen Runden laufen dürfen.',
    DiscordRefused: 'Discord hat die Sprachverbindung abgelehnt. Prüfe meine Berechtigungen im Kanal.',
    WorkerFailed: 'Der Worker ist ausgefallen. Wer Skald betreibt, findet den Grund in den Events der Runde.',
    other: (reason, session) => `${reason} (Runde \`${session}\`).`,
  },
};

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => `\`${name}\``);
  const rest = names.length - shown.length;
  if (rest > 0) shown.push(`${rest} weitere`);
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} und ${last}`;
}
