// Every machine-readable word in a status, with the sentence that explains it. Messages in conditions say the
// same about the object at hand; these are for documentation, `skald why` and Discord.
import type { ExitName } from './exit-codes.ts';
import type { VoiceSessionStatus } from './generated/voicesession.ts';

export const conditionTypes = {
  Tenant: [
    'Ready',
    'NamespaceReady',
    'DatabaseReady',
    'CertificatesReady',
    'TokenEncrypted',
    'ProviderKeysReady',
    'GatewayAssigned',
    'DiscordConnected',
  ],
  Campaign: ['Ready'],
  VoiceSession: ['Admitted', 'CertificateIssued', 'WorkerScheduled', 'Ready', 'Moving', 'Drifted', 'Ended'],
} as const;

export type TenantConditionType = (typeof conditionTypes.Tenant)[number];
export type CampaignConditionType = (typeof conditionTypes.Campaign)[number];
export type SessionConditionType = (typeof conditionTypes.VoiceSession)[number];

/** Why a session is not admitted. `waits`: time can mend it, so an applied session stays Pending for a while. */
export const pendingReasons = {
  TenantNotReady: { waits: true, meaning: 'The Tenant is not Ready; its conditions say why.' },
  GuildBusy: { waits: true, meaning: 'Another session of this bot holds the Discord server.' },
  CampaignBusy: { waits: true, meaning: 'Another session holds the campaign.' },
  QuotaExceeded: { waits: true, meaning: "The Tenant's sessions or hours are used up." },
  SpendCapReached: {
    waits: false,
    meaning: "The Tenant's spend of this month has reached its soft limit or its hard cap.",
  },
  CampaignNotReady: { waits: true, meaning: 'The Campaign does not exist or is not Ready.' },
  GuildNotAllowed: { waits: false, meaning: "The Discord server is not in the Tenant's guilds." },
  ModeNotAvailable: { waits: false, meaning: 'A Recap needs a database, and this installation has none.' },
  RecapsBusy: { waits: true, meaning: 'The Tenant has as many recaps written at a time as it may.' },
  ProfileNotAvailable: { waits: false, meaning: 'The installation has no image for the profile.' },
} as const satisfies Record<string, { readonly waits: boolean; readonly meaning: string }>;

export type PendingReason = keyof typeof pendingReasons;

export type EndReason = NonNullable<VoiceSessionStatus['endReason']>;

/** Why a session ended: status.endReason. */
export const endReasons = {
  Requested: 'Somebody stopped it.',
  Deleted: 'The VoiceSession was deleted.',
  Idle: "Nobody spoke for the Tenant's idleTimeoutSeconds.",
  ChannelEmpty: 'Everyone left the voice channel.',
  DeadlineExceeded: 'It lasted as long as it may.',
  SpendCap: 'It, or its Tenant, reached the hard cap on spend.',
  WorkerFailed: 'Its worker failed more often than is allowed, or cannot work.',
  Rejected: 'It was never admitted; reason says why.',
  DiscordRefused: 'Discord did not let the bot into the voice channel.',
  Completed: 'It is done: the recap is written.',
  NothingToRecap: 'There is no transcript of the session that it should summarise.',
  Kicked: 'Somebody removed the bot from its voice channel, or moved it and the campaign does not follow.',
} as const satisfies Record<EndReason, string>;

/** What does not work while a session is Degraded: status.voice.reason, and from there status.reason. */
export const voiceReasons = {
  VoiceDisconnected: 'The connection to the voice channel is lost and is being built anew.',
  GatewayDisconnected: 'The worker has lost its gateway; it goes on without it.',
  SpeechToTextUnavailable: 'Speech recognition fails: what people say is lost.',
  LanguageModelUnavailable: 'The language model fails: nobody answers.',
  TextToSpeechUnavailable: 'Speech synthesis fails: answers are not heard.',
  SpeechToSpeechUnavailable: 'The model of NPCs that hear and speak by themselves fails: they do not answer.',
  ModerationUnavailable:
    'What NPCs are about to say cannot be judged: it is withheld, or said all the same, as the Tenant wants it.',
  FallbackServes: 'A provider fails, and its fallback has taken its place.',
  TranscriptUnavailable: 'The transcript database does not take what was said.',
  ToolsUnavailable: "A tool server of the campaign's does not answer: characters play without its tools.",
  EntitiesUnavailable:
    'What people keep of the campaign cannot be read: the characters know what the manifest says.',
  ListeningFailed: 'The part of the worker that listens has failed and is started anew.',
  OptOutsUnavailable:
    'The tenant’s database does not say who does not want to be heard: nobody is heard until it does.',
  AmbienceUnavailable: "The campaign's ambience cannot be played.",
  PacketsDropped: 'The worker has too little CPU to hear everything.',
  BotMuted: 'The bot is muted in its voice channel, or may not speak there: nobody hears the characters.',
  BotDeafened: 'The bot is deafened in its voice channel: the characters hear nobody.',
  StreamLost: 'The worker is not attached to its gateway; audio may flow on.',
} as const satisfies Record<string, string>;

export type VoiceReason = keyof typeof voiceReasons;

/** Reasons in a VoiceSession's conditions and status.reason, next to pendingReasons, endReasons and voiceReasons. */
export const sessionReasons = {
  Admitted: 'It holds the guild and the campaign.',
  NotAdmitted: 'It waits to be admitted.',
  Issued: "The worker's certificate is issued.",
  IssueFailed: "The worker's certificate cannot be issued.",
  Scheduled: 'The worker has a node.',
  Unschedulable: 'No node can run the worker now.',
  ImageUnavailable: "The worker's image cannot be pulled.",
  ContainerFailed: "The worker's container cannot start.",
  WorkerPending: 'The worker is being created.',
  WorkerRefused: 'The API server does not let the worker be made: a quota or an admission webhook says no.',
  WorkerStarting: 'The worker starts.',
  WorkerConnecting: 'The worker joins the voice channel.',
  WorkerLost: 'The worker is gone; another one takes over.',
  NodeDraining: 'The node of the worker is being drained; the session moves soon.',
  Moving: 'The session moves to another node.',
  Moved: 'The session has moved to another node.',
  NodeKept: 'The node is not drained after all.',
  StartTimedOut: 'The worker did not listen in time.',
  Listening: 'The NPCs listen.',
  Summarising: 'The recap is being written.',
  SpendSoftLimitReached: 'A soft limit on spend is reached: the NPCs are there and take no new turn.',
  EveryNpcMuted: 'Every NPC is muted: nobody answers.',
  GatewayUnreachable: 'The worker has lost its gateway; audio flows on.',
  WorkerDegraded: 'The worker runs with a fault; status.voice says which.',
  Draining: 'It ends: the NPC finishes its sentence and leaves.',
  Ended: 'It is over.',
  Failed: 'It is over, and not as it should be.',
} as const satisfies Record<string, string>;

/** What a VoiceSession's conditions and status.reason say; the name of the exit code when a worker gave up. */
export type SessionReason = keyof typeof sessionReasons | PendingReason | EndReason | VoiceReason | ExitName;

/** Reasons of Events about what the operator makes for a Tenant or a session, and of the condition Drifted. */
export const childReasons = {
  Restored: 'Somebody had changed or deleted it; it is as it should be again.',
  NameTaken: 'Something else has the name: it is left alone.',
  PasswordRotated: 'A database password was changed, by the other of two roles.',
  JobEdited: 'Somebody else has made the Job anew, otherwise; putting it back would cut the session short.',
} as const satisfies Record<string, string>;

export type ChildReason = keyof typeof childReasons;

/** Why an NPC did not say what it was asked to: SpeakResult.reason, and what the gateway itself finds. In no status. */
export const speakReasons = {
  UnknownNpc: 'The campaign has no NPC of that name.',
  Muted: 'The NPC is muted.',
  Interrupted: 'Somebody spoke into it; part of it was heard, perhaps.',
  TooMany: 'Too many answers wait already.',
  Ending: 'The session is ending.',
  NoWorker: 'No worker is connected: nothing was said.',
  NoAnswer: 'The worker was lost, or did not answer in time: whether it was heard is not known.',
} as const satisfies Record<string, string>;

/** Reasons in a Tenant's conditions. */
export const tenantReasons = {
  Ready: 'Sessions can be started.',
  NamespaceReady: 'The namespace and its role bindings exist.',
  NamespaceNotAdoptable: 'The namespace exists without the label skald.dev/adopt: "true".',
  NamespaceTerminating: 'The namespace is being deleted.',
  RightsMissing: 'In restricted mode: a RoleBinding that the platform team makes is missing.',
  NamespaceUnread: 'In restricted mode: what is in the namespace is being read.',
  NameTaken: 'Something else has the name of what the operator would make.',
  NamespaceConflict: 'An older Tenant has this namespace.',
  ApplicationConflict: 'An older Tenant has this Discord application.',
  DatabaseReady: "The tenant's schema exists and is current.",
  DatabaseNotConfigured: 'The installation has no database: nothing is transcribed.',
  DatabaseUnreachable: 'The database does not answer.',
  MigrationFailed: "The tenant's schema could not be brought up to date.",
  SchemaNewer: "The tenant's schema is of a newer version than the operator.",
  DatabaseRightsMissing: "The operator's role in the database may not do what it has to.",
  CertificatesReady: 'Certificates can be issued.',
  CertificateAuthorityMissing: 'The certificate authority is not there yet.',
  VaultNotConfigured:
    'The installation has no Vault: a plaintext bot token stays as it is, and what needs Vault does not work.',
  VaultUnavailable: 'Vault does not answer, or is sealed. It is tried again by itself.',
  VaultDenied:
    'Vault refuses the login or the request: its roles and policies are not as `skald vault setup` makes them.',
  VaultRefused:
    'Vault cannot do it with what it was given, such as a token that was encrypted with another key.',
  VaultPathNotAllowed: "The path in Vault is not in the tenant's own part.",
  VaultSecretMissing: 'There is no such secret in Vault, or it lacks the key.',
  TokenMissing: 'There is no bot token in the Secret skald-bot-token.',
  TokenEncrypted: 'The bot token is encrypted at rest.',
  TokenInVault: 'The bot token is in Vault and in no Secret.',
  TokenSecretImmutable:
    'The Secret skald-bot-token is immutable: what is in it cannot be encrypted in place.',
  PlaintextReturned: 'Something writes the plaintext of the bot token again and again.',
  ProviderKeysReady: "The Tenant's provider keys are read from Vault.",
  NoKeysInVault: 'The Tenant names no provider key in Vault.',
  GatewayAssigned: 'A gateway serves the bot.',
  NoGateway: 'No gateway has room for the bot.',
  DedicatedTopologyNotAvailable: 'The installation cannot give the tenant a gateway of its own.',
  Connected: 'The bot is connected to Discord.',
  Connecting: 'The bot is connecting to Discord.',
  InvalidToken: 'Discord refuses the bot token.',
  DisallowedIntents: "The application lacks a privileged intent in Discord's developer portal.",
  ShardingRequired: 'The bot is in more Discord servers than one connection may serve.',
  UnsupportedByDiscord: 'Discord no longer takes what this version asks for.',
  ApplicationMismatch: "The bot token belongs to another application than the Tenant's.",
  TooManyInvalidRequests:
    'Discord refused so many requests that the bot pauses, before Discord blocks its address.',
  NotServed: 'The gateway has not taken the bot over yet.',
  GatewayUnreachable: 'The gateway does not answer the operator.',
  SpendSoftLimitReached:
    'The spend of this month has reached its soft limit: no new turn, and no new session.',
  SpendCapReached: 'The spend of this month has reached its hard cap: sessions end, and none is admitted.',
  Terminating: 'The Tenant is being deleted.',
  Reconciling: 'The operator is at work.',
} as const satisfies Record<string, string>;

export type TenantReason = keyof typeof tenantReasons;

/** Reasons of Events about the built-in certificate authority, and how it is replaced. */
export const authorityEvents = {
  AuthorityMade: 'The installation has its first certificate authority.',
  AuthorityRestored: 'The authority was lost and another one is made; what peers trusted is kept.',
  AuthorityStaged: 'The next authority is being made known.',
  AuthorityPublished: 'The next authority is in every Secret.',
  AuthoritySwitched: 'The next authority signs.',
  AuthorityReissued: 'Every certificate is of the new authority.',
  AuthorityRetired: 'An authority that signs no more is not trusted any more.',
} as const satisfies Record<string, string>;

/** Reasons of Events about a Tenant's bot token. */
export const tokenEvents = {
  TokenEncrypted: 'A plaintext token was found in its Secret and is encrypted there.',
  TokenRewrapped: "The token is encrypted with the key's newest version.",
  PlaintextReturned: 'The plaintext that was encrypted before is back: something keeps writing it.',
  PlaintextRemoved: 'An annotation held the plaintext of a token that is encrypted.',
} as const satisfies Record<string, string>;

export type TokenEvent = keyof typeof tokenEvents;

/** Reasons in a Campaign's Ready condition. */
export const campaignReasons = {
  Valid: 'A session can be started.',
  TenantMissing: "The Campaign's namespace belongs to no Tenant.",
  ProviderNotAllowed: "A provider's host is not in the Tenant's allowedHosts.",
  EntitiesMissing: 'The ConfigMap of entitiesFrom is missing or cannot be read.',
  EntitiesInvalid: 'The ConfigMap of entitiesFrom holds no valid list of entities.',
  DuplicateNames: 'Two NPCs answer to one name.',
  EngineNotAvailable:
    'An NPC has the engine speechToSpeech, and no provider of speechToSpeech is configured.',
  UnknownTool: 'An NPC names tools that are not built in, but no server of the campaign offers any.',
  ProviderKeyMissing: "A Secret with a provider's API key does not exist, or lacks the key.",
  VaultNotConfigured: "A provider's API key is in Vault, and the installation has none.",
  VaultPathNotAllowed: "The path of a provider's API key in Vault is not one that the Campaign may name.",
  VaultUnavailable: 'Vault does not answer, or is sealed, and a provider key was not read before.',
  VaultDenied: 'Vault does not let the operator read a provider key.',
  VaultSecretMissing: 'There is no such provider key in Vault.',
  VaultRefused: 'Vault cannot answer the request for a provider key.',
} as const satisfies Record<string, string>;

export type CampaignReason = keyof typeof campaignReasons;
