/** English: the catalogue that every other language follows key by key. */
export const en = {
  command: {
    session: 'Voice sessions with the characters of a campaign',
    start: 'Bring the characters of a campaign into a voice channel',
    stop: 'End the session on this server',
    status: 'Show what runs on this server',
    campaignOption: 'The campaign to play; may be left out when there is just one',
    channelOption: 'The voice channel to join; may be left out when you are in one',
  },
  refusal: {
    notAllowed: (roles: string) => `You may not use this command here. It needs ${roles}.`,
    needsRole: (roles: readonly string[]) => `the role ${roles.map((id) => `<@&${id}>`).join(' or ')}`,
    needsManageGuild: 'the permission "Manage Server"',
    guildNotAllowed:
      'This server is not on the list of servers that sessions may run on. Ask whoever operates Skald.',
    notInGuild: 'This command works on a server only.',
    starting: 'I have only just connected and am still reading this server. Try again in a few seconds.',
    databaseUnavailable:
      'I cannot look into my records right now. Try again in a minute; a running session goes on.',
    notInVoice: 'You are not in a voice channel. Join one, or name one with the option `channel`.',
    noCampaign: 'There is no campaign yet. Apply a Campaign in Kubernetes first.',
    chooseCampaign: (names: readonly string[]) => `Which campaign? There is ${quoted(names)}.`,
    unknownCampaign: (name: string, names: readonly string[]) =>
      names.length === 0
        ? `There is no campaign \`${name}\`, nor any other. Apply a Campaign in Kubernetes first.`
        : `There is no campaign \`${name}\`. There is ${quoted(names)}.`,
    alreadyRunning: (session: string, campaign: string, channelId: string | undefined) =>
      `A session runs here already: \`${session}\` (campaign \`${campaign}\`${channelId === undefined ? '' : `, in <#${channelId}>`}). End it with \`/session stop\` first.`,
    nothingRuns: 'No session runs on this server.',
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
    failed: 'Something went wrong here. Try again; if it stays so, tell whoever operates Skald.',
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
  },
  failure: {
    TenantNotReady: 'the installation is not ready for this server yet. Try again in a few minutes.',
    GuildBusy: 'another session runs on this server already. End it with `/session stop` first.',
    CampaignBusy: 'this campaign is being played in another session already.',
    QuotaExceeded: 'the number of sessions or hours that were agreed on is used up.',
    SpendCapReached: 'the budget of this month is used up.',
    CampaignNotReady: 'the campaign has an error. Its conditions in Kubernetes say which.',
    GuildNotAllowed: 'this server is not on the list of servers that sessions may run on.',
    DiscordRefused: 'Discord refused the voice connection. Check my permissions in the channel.',
    WorkerFailed: 'the worker failed. Whoever operates Skald finds the reason in the events of the session.',
    other: (reason: string, session: string) => `${reason} (session \`${session}\`).`,
  },
};

/** `a`, `b` and `c` */
function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => `\`${name}\``);
  const rest = names.length - shown.length;
  if (rest > 0) shown.push(`${rest} more`);
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
