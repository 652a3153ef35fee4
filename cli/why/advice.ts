// For every word that can stand in a status: who can do something about it, what, and with which command. Data, so that
// a test can see that no reason is left without. `{name}` is filled in by advise().
import type {
  CampaignReason,
  EndReason,
  ExitName,
  PendingReason,
  SessionReason,
  TenantReason,
  VoiceReason,
} from '../../src/api/index.ts';

/** Who can act. `nobody`: nothing has to be done. */
export type Who =
  | 'nobody'
  | 'whoever plays'
  | "the campaign's author"
  | "the server's owner on Discord"
  | 'the platform team';

export interface Advice {
  readonly who: Who;
  readonly step: string;
  readonly command?: string;
}

export interface Names {
  readonly namespace: string;
  readonly session: string;
  readonly tenant: string;
  readonly campaign: string;
  readonly guild: string;
  readonly channel: string;
  readonly system: string;
  readonly gateway: string;
  readonly pod: string;
}

/** The advice with its names filled in. */
export function advise({ who, step, command }: Advice, names: Names): Advice {
  const fill = (text: string) =>
    text.replace(/\{(\w+)\}/g, (all, name: string) => (isName(name, names) ? names[name] : all));
  return { who, step: fill(step), ...(command === undefined ? {} : { command: fill(command) }) };
}

function isName(name: string, names: Names): name is keyof Names {
  return Object.hasOwn(names, name);
}

const PLATFORM: Who = 'the platform team';
const AUTHOR: Who = "the campaign's author";
const OWNER: Who = "the server's owner on Discord";
const PLAYER: Who = 'whoever plays';
const doctor = 'skald doctor {tenant}';
const describePods = 'kubectl -n {namespace} describe pods -l skald.dev/voicesession={session}';
const workerLog = 'kubectl -n {namespace} logs {pod} -c worker --tail=100';
const operatorLog = 'kubectl -n {system} logs deployment/skald-controller --tail=100';
const gatewayLog = 'kubectl -n {system} logs {gateway}-0 --tail=100';
const editTenant = 'kubectl edit tenant {tenant}';
const describeTenant = 'kubectl describe tenant {tenant}';
const describeCampaign = 'kubectl -n {namespace} describe campaign {campaign}';
const describeSession = 'kubectl -n {namespace} describe voicesession {session}';

const start = (step: string): Advice => ({ who: PLAYER, step });
const nothing = (step: string): Advice => ({ who: 'nobody', step });
const platform = (step: string, command: string): Advice => ({ who: PLATFORM, step, command });
const author = (step: string, command = describeCampaign): Advice => ({ who: AUTHOR, step, command });

/** Why a session is not admitted. */
export const pendingAdvice: Record<PendingReason, Advice> = {
  TenantNotReady: platform('See which condition of Tenant {tenant} is not met, and mend that.', doctor),
  GuildBusy: {
    who: PLAYER,
    step: 'Stop the session that has the Discord server (/session stop), or wait for its end.',
    command: 'skald sessions -n {namespace}',
  },
  CampaignBusy: {
    who: PLAYER,
    step: 'Stop the session that plays campaign {campaign}, or wait for its end.',
    command: 'skald sessions -n {namespace}',
  },
  QuotaExceeded: platform(
    "Wait for another session's end or the next month, or raise the Tenant's limits.",
    editTenant,
  ),
  SpendCapReached: platform(
    'Wait for the next month, or raise limits.spendPerMonth.hard of Tenant {tenant}.',
    editTenant,
  ),
  CampaignNotReady: author('See why Campaign {campaign} is not ready, and mend that.'),
  GuildNotAllowed: platform(
    'If sessions may run there, add server {guild} to spec.discord.guilds of Tenant {tenant}.',
    editTenant,
  ),
  RecapsBusy: {
    who: PLAYER,
    step: 'Wait until another recap of the tenant is written, and ask again.',
    command: 'skald sessions -n {namespace}',
  },
  ModeNotAvailable: platform(
    "A recap is made from the transcript: give the installation a database (database.existingSecret in the chart's values).",
    'skald doctor',
  ),
  ProfileNotAvailable: platform(
    "Give the installation an image for the profile (worker.sidecars in the chart's values), or choose another in spec.worker.profile.",
    editTenant,
  ),
};

/** What follows from the way a session ended. */
export const endAdvice: Record<EndReason, Advice> = {
  Requested: nothing('Nothing has to be done. /session start begins another session.'),
  Deleted: nothing('Nothing has to be done. /session start begins another session.'),
  Idle: start(
    "Start another with /session start. If it ended too soon, the Tenant's limits.idleTimeoutSeconds can be longer.",
  ),
  ChannelEmpty: nothing('Nothing has to be done. Come back and type /session start to go on.'),
  DeadlineExceeded: start(
    "Start another with /session start. How long one may last is the Tenant's limits.maxSessionSeconds.",
  ),
  SpendCap: platform(
    'Raise limits.spendPerSession or limits.spendPerMonth of Tenant {tenant}, or wait for the next month.',
    editTenant,
  ),
  WorkerFailed: platform('Read what the worker said last.', describePods),
  Rejected: {
    who: PLAYER,
    step: 'Mend what the reason names, then start another session.',
    command: describeSession,
  },
  DiscordRefused: {
    who: OWNER,
    step: 'Let the bot see, join and speak in the voice channel, or choose another that exists and has room.',
    command: doctor,
  },
  Completed: nothing('Nothing has to be done. /session recap shows the recap.'),
  NothingToRecap: {
    who: PLAYER,
    step: 'Choose a session that has a transcript.',
    command: 'skald transcript list -n {namespace}',
  },
  Kicked: start('Somebody removed or moved the bot. If that was a mistake, type /session start again.'),
};

/** What does not work while a session is Degraded. */
export const voiceAdvice: Record<VoiceReason, Advice> = {
  VoiceDisconnected: platform(
    "It is being built anew by itself. If that goes on: workers need UDP and WSS to Discord's voice servers, on any port.",
    workerLog,
  ),
  GatewayDisconnected: platform(
    'Audio goes on. See whether the gateway runs.',
    'kubectl -n {system} get pods -l skald.dev/component=gateway',
  ),
  SpeechToTextUnavailable: platform(
    'See what the speech recognition provider answers: its address, key and quota.',
    workerLog,
  ),
  LanguageModelUnavailable: platform(
    'See what the language model provider answers: its address, key and quota.',
    workerLog,
  ),
  TextToSpeechUnavailable: platform(
    'See what the speech synthesis provider answers: its address, key and quota.',
    workerLog,
  ),
  SpeechToSpeechUnavailable: platform(
    'See what the speech-to-speech provider answers: its address, key, model and quota.',
    workerLog,
  ),
  ModerationUnavailable: platform(
    "See what the moderation provider answers: its address, key and quota; the Tenant's spec.providers.moderationFailurePolicy says what is said meanwhile.",
    workerLog,
  ),
  FallbackServes: platform(
    'The session goes on. See what the provider that fails answers: its address, key and quota.',
    workerLog,
  ),
  OptOutsUnavailable: platform('See whether the gateway reaches PostgreSQL.', workerLog),
  TranscriptUnavailable: platform(
    "See whether PostgreSQL can be reached from the tenant's namespace. Nothing that was said is lost: the worker writes it later.",
    doctor,
  ),
  ToolsUnavailable: author(
    'See whether the MCP server that the message names answers, and takes its key. It is tried again every 15 s.',
    describeCampaign,
  ),
  EntitiesUnavailable: platform(
    'See whether PostgreSQL can be reached from the gateway. Until it answers, the characters know only what the Campaign says.',
    doctor,
  ),
  ListeningFailed: platform(
    'It is started anew by itself. If that repeats, read what the worker says.',
    workerLog,
  ),
  AmbienceUnavailable: author(
    'See what status.voice.message says of ambience.url: a WAV file that anybody may fetch.',
  ),
  PacketsDropped: platform('Give the worker more CPU: spec.worker.resources of Tenant {tenant}.', editTenant),
  BotMuted: {
    who: OWNER,
    step: 'Unmute the bot in the voice channel (right click on it), and let its role speak there.',
    command: doctor,
  },
  BotDeafened: {
    who: OWNER,
    step: 'Undeafen the bot in the voice channel (right click on it).',
    command: doctor,
  },
  StreamLost: platform(
    'Audio goes on. See whether the gateway runs and workers reach its port 8443.',
    'kubectl -n {system} get pods -l skald.dev/component=gateway',
  ),
};

/** How a worker ended. */
export const exitAdvice: Record<ExitName, Advice> = {
  Stopped: nothing('Nothing has to be done.'),
  ConfigurationError: platform(
    'Trying again gives the same. Read which setting the worker names, and mend the Tenant or the Campaign.',
    workerLog,
  ),
  IdentityRefused: platform(
    "The worker's certificate was refused: see whether the operator and its certificate authority are well.",
    operatorLog,
  ),
  DiscordRefused: {
    who: OWNER,
    step: 'Let the bot see, join and speak in the voice channel, or choose another that exists and has room.',
    command: doctor,
  },
  Temporary: platform(
    'Gateway, network or provider was away, and trying again did not help. Read what the worker says.',
    workerLog,
  ),
  Terminated: nothing('The worker was asked to leave its node; another one carries on.'),
};

type OwnReason = Exclude<SessionReason, PendingReason | EndReason | VoiceReason | ExitName>;

const ownAdvice: Record<OwnReason, Advice> = {
  Admitted: nothing('Wait a few seconds: the worker is being made.'),
  NotAdmitted: { who: PLAYER, step: 'Read why it is not admitted.', command: describeSession },
  Issued: nothing('Wait a few seconds: the worker is being made.'),
  IssueFailed: platform(
    'No certificate can be issued: see the certificate authority, or Vault where it signs.',
    'skald doctor',
  ),
  Scheduled: nothing('Wait a few seconds: the worker starts.'),
  Unschedulable: platform(
    'Make room on a node, or change what the worker asks for (spec.worker.resources, nodeSelector, tolerations).',
    describePods,
  ),
  ImageUnavailable: platform(
    "See the image's name and tag, that the nodes reach the registry, and the pull Secret in the tenant's namespace.",
    describePods,
  ),
  ContainerFailed: platform('See what the container lacks: often a Secret or a key in it.', describePods),
  WorkerPending: platform(
    'If it stays so: see why the Job has no pod.',
    'kubectl -n {namespace} describe jobs -l skald.dev/voicesession={session}',
  ),
  WorkerRefused: platform(
    'Make room in the ResourceQuota of namespace {namespace}, or ask whoever owns the admission webhook that is named.',
    'kubectl -n {namespace} describe resourcequota',
  ),
  WorkerStarting: nothing('Wait a few seconds: the worker starts.'),
  WorkerConnecting: platform(
    "If it takes longer than half a minute: the worker has to reach its gateway (8443) and Discord's voice servers (WSS, UDP).",
    workerLog,
  ),
  WorkerLost: platform('Another worker takes over by itself. See why the last one ended.', describePods),
  NodeDraining: nothing('Nothing has to be done: the session moves to another node soon, and goes on there.'),
  Moving: nothing('Wait: the session goes on on another node in a moment.'),
  Moved: nothing('Nothing has to be done.'),
  NodeKept: nothing('Nothing has to be done.'),
  StartTimedOut: platform(
    "Read what the worker said: mostly it could not reach its gateway (8443) or Discord's voice servers (WSS, UDP).",
    describePods,
  ),
  Listening: nothing('Nothing has to be done.'),
  Summarising: nothing('Wait: the recap is written in a minute or two.'),
  SpendSoftLimitReached: platform(
    'No fault: the soft limit on spend is reached. Raise it, or watch it.',
    editTenant,
  ),
  EveryNpcMuted: nothing('No fault: `/npc unmute` lets the characters answer again.'),
  GatewayUnreachable: platform(
    'Audio goes on. See whether the gateway runs and can be reached on port 8443.',
    'kubectl -n {system} get pods -l skald.dev/component=gateway',
  ),
  WorkerDegraded: platform('See status.voice.message, and what the worker says.', workerLog),
  Draining: nothing('Wait: the NPC finishes its sentence and leaves.'),
  Ended: nothing('Nothing has to be done. /session start begins another session.'),
  Failed: { who: PLATFORM, step: 'Read the condition Ended.', command: describeSession },
};

export const sessionAdvice: Record<SessionReason, Advice> = {
  ...pendingAdvice,
  ...voiceAdvice,
  ...endAdvice,
  // The exits' table knows more than the end reasons' of the same names.
  ...exitAdvice,
  ...ownAdvice,
};

/** What a Tenant's conditions say. */
export const tenantAdvice: Record<TenantReason, Advice> = {
  Ready: nothing('Nothing has to be done.'),
  NamespaceReady: nothing('Nothing has to be done.'),
  NamespaceNotAdoptable: platform(
    'Let the Tenant have the namespace.',
    'kubectl label namespace {namespace} skald.dev/adopt=true',
  ),
  NamespaceTerminating: platform(
    'Wait until the namespace is gone, or see what holds it.',
    'kubectl get namespace {namespace} -o yaml',
  ),
  RightsMissing: platform(
    'Make the RoleBinding that the message names, or list the Tenant in rbac.restricted.tenants.',
    describeTenant,
  ),
  NamespaceUnread: nothing('Wait a few seconds: what is in the namespace is being read.'),
  NameTaken: platform(
    'Delete or rename the object that the message names; it is not the operator’s.',
    describeTenant,
  ),
  NamespaceConflict: platform(
    'Another, older Tenant has this namespace: choose another in spec.namespace.',
    'kubectl get tenants',
  ),
  ApplicationConflict: platform(
    'Another, older Tenant has this Discord application: one application serves one Tenant.',
    'kubectl get tenants -o wide',
  ),
  DatabaseReady: nothing('Nothing has to be done.'),
  DatabaseNotConfigured: nothing('No failure: without a database nothing is transcribed.'),
  DatabaseUnreachable: platform(
    'See whether PostgreSQL answers, and whether the DSN is right.',
    'skald doctor',
  ),
  MigrationFailed: platform(
    "Read what the database answered; the tenant's schema is as it was before.",
    describeTenant,
  ),
  SchemaNewer: platform(
    'A newer operator has changed the database: run that version again.',
    'kubectl -n {system} get deployment skald-controller -o wide',
  ),
  DatabaseRightsMissing: platform(
    "Give the operator's role the rights that the message names.",
    describeTenant,
  ),
  CertificatesReady: nothing('Nothing has to be done.'),
  CertificateAuthorityMissing: platform('See why there is no certificate authority.', operatorLog),
  VaultNotConfigured: platform(
    'Set vault.address in the chart, or keep tokens and keys in Secrets.',
    describeTenant,
  ),
  VaultUnavailable: platform('Unseal Vault or bring it back; it is tried again by itself.', 'vault status'),
  VaultDenied: platform(
    "Make Vault's roles and policies as Skald needs them.",
    'skald vault setup --dry-run',
  ),
  VaultRefused: platform(
    'Read what Vault answered: often a token that was encrypted with another key.',
    describeTenant,
  ),
  VaultPathNotAllowed: platform(
    "Use a path in the tenant's own part of Vault; the message names it.",
    editTenant,
  ),
  VaultSecretMissing: platform('Put the secret that the message names into Vault.', describeTenant),
  TokenMissing: platform(
    'Put the bot token into the Secret skald-bot-token.',
    'kubectl -n {namespace} create secret generic skald-bot-token --from-file=token=/dev/stdin',
  ),
  TokenEncrypted: nothing('Nothing has to be done.'),
  TokenInVault: nothing('Nothing has to be done.'),
  TokenSecretImmutable: platform(
    'Make the Secret skald-bot-token anew, without immutable.',
    'kubectl -n {namespace} delete secret skald-bot-token',
  ),
  PlaintextReturned: platform(
    'Stop whatever writes the plaintext of the bot token; the message names its field manager.',
    describeTenant,
  ),
  ProviderKeysReady: nothing('Nothing has to be done.'),
  NoKeysInVault: nothing('Nothing has to be done.'),
  GatewayAssigned: nothing('Nothing has to be done.'),
  NoGateway: platform("Raise gateway.slots in the chart's values.", 'kubectl -n {system} get statefulsets'),
  DedicatedTopologyNotAvailable: platform(
    'Read the message; the chart makes the ClusterRoleBinding skald-gateway-dedicated.',
    describeTenant,
  ),
  Connected: nothing('Nothing has to be done.'),
  Connecting: platform('If it stays so: the gateway has to reach discord.com on port 443.', gatewayLog),
  InvalidToken: platform(
    "Make a new token in Discord's developer portal and put it into the Secret skald-bot-token.",
    doctor,
  ),
  DisallowedIntents: platform(
    "Switch on the intent that the message names, in Discord's developer portal.",
    doctor,
  ),
  ShardingRequired: platform(
    'The bot is in too many servers for one connection: use an application for each group of servers.',
    describeTenant,
  ),
  UnsupportedByDiscord: platform(
    'Run a newer version of Skald.',
    'kubectl -n {system} get deployment skald-controller -o wide',
  ),
  ApplicationMismatch: platform(
    'Use the token of the application that spec.discord.applicationId names, or correct the id.',
    doctor,
  ),
  TooManyInvalidRequests: platform(
    "It goes on by itself after ten minutes. See in the gateway's log which requests Discord refuses.",
    gatewayLog,
  ),
  NotServed: platform(
    'Wait a few seconds. If it stays so, see whether the gateway runs.',
    'kubectl -n {system} get pods -l skald.dev/component=gateway',
  ),
  GatewayUnreachable: platform(
    'See whether the gateway runs, and whether the operator reaches its port 8443.',
    'kubectl -n {system} get pods -l skald.dev/component=gateway',
  ),
  SpendSoftLimitReached: platform('No fault: the soft limit on spend is reached.', editTenant),
  SpendCapReached: platform('Wait for the next month, or raise limits.spendPerMonth.hard.', editTenant),
  Terminating: platform('The Tenant is being deleted: no session starts any more.', describeTenant),
  Reconciling: nothing('Wait a few seconds: the operator is at work.'),
};

/** What a Campaign's condition Ready says. */
export const campaignAdvice: Record<CampaignReason, Advice> = {
  Valid: nothing('Nothing has to be done.'),
  TenantMissing: platform('Put the Campaign into the namespace of a Tenant.', 'kubectl get tenants'),
  ProviderNotAllowed: platform(
    "Add the provider's host to providers.allowedHosts of the Tenant, or use another provider.",
    editTenant,
  ),
  EntitiesMissing: author('Make the ConfigMap that entitiesFrom names, with its key.'),
  EntitiesInvalid: author(
    'Correct the list in the ConfigMap of entitiesFrom; the message says what is wrong.',
  ),
  DuplicateNames: author('Give the NPCs that the message names other names or aliases.'),
  EngineNotAvailable: author(
    'Configure providers.speechToSpeech, or use the engine cascaded for the NPC that the message names.',
  ),
  UnknownTool: author('Use built-in tools, or name the server that offers the tool in mcpServers.'),
  ProviderKeyMissing: author(
    "Make the Secret with the provider's API key, with the key that the message names.",
  ),
  VaultNotConfigured: platform(
    'Set vault.address in the chart, or keep the API key in a Secret.',
    describeCampaign,
  ),
  VaultPathNotAllowed: author("Use a path in the tenant's own part of Vault; the message names it."),
  VaultUnavailable: platform('Unseal Vault or bring it back; it is tried again by itself.', 'vault status'),
  VaultDenied: platform(
    "Make Vault's roles and policies as Skald needs them.",
    'skald vault setup --dry-run',
  ),
  VaultSecretMissing: platform('Put the API key into Vault, where the message says.', describeCampaign),
  VaultRefused: platform('Read what Vault answered.', describeCampaign),
};
