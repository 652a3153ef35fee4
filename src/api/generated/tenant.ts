// Generated from crds/ by `npm run generate`. Do not edit.
import type { Condition } from '../conditions.ts';
import type { ObjectMeta } from '../metadata.ts';
import type { SecretKeyRef, SpendLimit, VaultRef } from './shared.ts';

/**
 * Tenant is one customer of this installation: a Discord application, a namespace, a database schema, limits,
 * and the AI providers that its NPCs speak and listen with.
 */
export interface Tenant {
  /** Version of this representation, `skald.dev/v1alpha1`. */
  readonly apiVersion: 'skald.dev/v1alpha1';
  /** `Tenant`. */
  readonly kind: 'Tenant';
  readonly metadata: ObjectMeta;
  /** What the platform team wants for this customer. */
  readonly spec: TenantSpec;
  /** What the operator observes. Written by the operator alone. */
  readonly status?: TenantStatus;
}

/** What the platform team wants for this customer. */
export interface TenantSpec {
  /** The customer's name as people write it. Shown in messages, never used as a key. */
  readonly displayName?: string;
  /**
   * The namespace of the tenant's campaigns, sessions and Secrets. Unset means `skald-<name of the tenant>`;
   * what is in use is in `status.namespace`. Immutable, also from unset to set. The operator creates it, or
   * adopts one that exists with the label `skald.dev/adopt: "true"`.
   */
  readonly namespace?: string;
  /**
   * What happens to the tenant's namespace and database schema when the Tenant is deleted. `Retain` keeps
   * both, `Delete` removes them after the sessions were drained. A namespace that was adopted is never
   * deleted.
   * @defaultValue "Retain"
   */
  readonly deletionPolicy: 'Retain' | 'Delete';
  /**
   * IANA time zone that decides when a month of the tenant's quotas begins, for example `Europe/Berlin`.
   * @defaultValue "Etc/UTC"
   */
  readonly timeZone: string;
  /**
   * `shared` assigns the tenant's bot to one of the installation's gateways; `dedicated` gives it one of its
   * own in its own namespace.
   * @defaultValue "shared"
   */
  readonly topology: 'shared' | 'dedicated';
  /** The tenant's application in Discord, and where it may be used. */
  readonly discord: TenantDiscord;
  /**
   * What the tenant may use. Quotas are checked when a session is admitted.
   * @defaultValue {}
   */
  readonly limits: TenantLimits;
  /**
   * How the tenant's worker pods run.
   * @defaultValue {}
   */
  readonly worker: TenantWorker;
  /**
   * The AI providers of the tenant. A Campaign can override them within `allowedHosts`.
   * @defaultValue {}
   */
  readonly providers: TenantProviders;
  /**
   * How long ended sessions and what was said are kept. Only sessions that the gateway created for a command
   * in Discord are removed; what anybody applied stays.
   * @defaultValue {}
   */
  readonly history: TenantHistory;
  /**
   * What the people in the voice channel are promised.
   * @defaultValue {}
   */
  readonly privacy: TenantPrivacy;
}

/** The tenant's application in Discord, and where it may be used. */
export interface TenantDiscord {
  /**
   * Id of the application (and of its bot user) in Discord's developer portal. One application serves one
   * Tenant; of two Tenants that name it, the younger one is refused with a condition.
   */
  readonly applicationId: string;
  /** The application's Ed25519 public key, 64 hexadecimal digits. Needed with `interactions: http`. */
  readonly publicKey?: string;
  /** The Secret in the tenant's namespace that holds the bot token. */
  readonly botTokenSecretRef?: BotTokenSecretRef;
  /** Where the bot token is in Vault, instead of `botTokenSecretRef`. */
  readonly vault?: VaultRef;
  /**
   * How slash commands arrive. `gateway`: over the bot's websocket. `http`: Discord posts them to the
   * installation's endpoint, verified with `publicKey`.
   * @defaultValue "gateway"
   */
  readonly interactions: 'gateway' | 'http';
  /** The Discord servers that sessions may run in, by id. Everything else is refused with GuildNotAllowed. */
  readonly guilds: readonly string[];
  /**
   * Who may run which command: from a command's name, `session start` or all of `session`, to ids of Discord
   * roles. An empty list lets everyone run it. A command that is missing needs `gameMasterRole`, but for
   * those that are everyone's by nature: `feedback` and `privacy`. Buttons and forms need what their command
   * needs.
   */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /**
   * Id of the Discord role that may run the commands which `roles` does not name. Unset: whoever has the
   * permission Manage Server may.
   */
  readonly gameMasterRole?: string;
}

/** The Secret in the tenant's namespace that holds the bot token. */
export interface BotTokenSecretRef {
  /**
   * Name of the Secret. Always `skald-bot-token`: the gateway's identity may read this one name in the
   * tenant's namespace, and no other Secret but the DSN of the tenant's commands.
   * @defaultValue "skald-bot-token"
   */
  readonly name: string;
  /**
   * Key inside the Secret.
   * @defaultValue "token"
   */
  readonly key: string;
}

/** What the tenant may use. Quotas are checked when a session is admitted. */
export interface TenantLimits {
  /** Sessions at the same time. Unset means no limit. */
  readonly concurrentSessions?: number;
  /** Hours of sessions in a calendar month of `timeZone`. Unset means no limit. */
  readonly sessionHoursPerMonth?: number;
  /**
   * The longest that one session may last; also the default of its maxDurationSeconds.
   * @defaultValue 14400
   */
  readonly maxSessionSeconds: number;
  /**
   * A session ends after this long without speech.
   * @defaultValue 900
   */
  readonly idleTimeoutSeconds: number;
  /**
   * How long an applied session waits to be admitted (for a free guild, for quota) before it fails, so that
   * no bot joins unannounced an hour later.
   * @defaultValue 60
   */
  readonly admissionTimeoutSeconds: number;
  /** What the AI providers of one session may cost, in US dollars. */
  readonly spendPerSession?: SpendLimit;
  /** What the AI providers of all sessions in a calendar month may cost, in US dollars. */
  readonly spendPerMonth?: SpendLimit;
}

/** How the tenant's worker pods run. */
export interface TenantWorker {
  /**
   * Where speech and language models run. `cloud`: at the providers. `whisper-native`: speech recognition in
   * a container next to the worker. `local-llm`: the language model too, on a node with a GPU. `offline`:
   * recognition and voices next to the worker with small local engines, for trials and tests.
   * @defaultValue "cloud"
   */
  readonly profile: 'cloud' | 'whisper-native' | 'local-llm' | 'offline';
  /** Compute resources of the worker container. Unset means the installation's defaults. */
  readonly resources?: ResourceRequirements;
  /**
   * Compute resources of the containers next to the worker, by name. Unset means the installation's defaults.
   */
  readonly sidecars?: TenantSidecars;
  /** Labels that a node must have to run the tenant's workers. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Taints that the tenant's workers tolerate. */
  readonly tolerations?: readonly Toleration[];
  /**
   * Spare workers that wait for a session, so that it starts sooner. Each is a pod that runs all the time. A
   * session that needs another pod than the Tenant's settings make (profile, keys of a Campaign's own) starts
   * without one.
   * @defaultValue 0
   */
  readonly warm: number;
}

/** Compute resources of the worker container. Unset means the installation's defaults. */
export interface ResourceRequirements {
  /** What the scheduler reserves, for example `cpu` 100m and `memory` 192Mi. */
  readonly requests?: Readonly<Record<string, number | string>>;
  /** What the container may not exceed. */
  readonly limits?: Readonly<Record<string, number | string>>;
}

/**
 * Compute resources of the containers next to the worker, by name. Unset means the installation's defaults.
 */
export interface TenantSidecars {
  /** Of the container `speech` (profile `offline`). */
  readonly speech?: TenantSpeech;
  /** Of the container `whisper` (profiles `whisper-native` and `local-llm`). */
  readonly whisper?: TenantWhisper;
  /** Of the container `llm` (profile `local-llm`). */
  readonly llm?: TenantLlm;
}

/** Of the container `speech` (profile `offline`). */
export interface TenantSpeech {
  /** What the scheduler reserves, for example `cpu` 100m and `memory` 192Mi. */
  readonly requests?: Readonly<Record<string, number | string>>;
  /** What the container may not exceed. */
  readonly limits?: Readonly<Record<string, number | string>>;
}

/** Of the container `whisper` (profiles `whisper-native` and `local-llm`). */
export interface TenantWhisper {
  /** What the scheduler reserves, for example `cpu` 100m and `memory` 192Mi. */
  readonly requests?: Readonly<Record<string, number | string>>;
  /** What the container may not exceed. */
  readonly limits?: Readonly<Record<string, number | string>>;
}

/** Of the container `llm` (profile `local-llm`). */
export interface TenantLlm {
  /** What the scheduler reserves, for example `cpu` 100m and `memory` 192Mi. */
  readonly requests?: Readonly<Record<string, number | string>>;
  /** What the container may not exceed. */
  readonly limits?: Readonly<Record<string, number | string>>;
}

/** One toleration, as in a Pod. */
export interface Toleration {
  /** The taint's key. Empty with operator Exists tolerates every taint. */
  readonly key?: string;
  /** Exists or Equal (the default). */
  readonly operator?: 'Exists' | 'Equal';
  /** The taint's value, with operator Equal. */
  readonly value?: string;
  /** The taint's effect. Empty means all of them. */
  readonly effect?: '' | 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** How long a NoExecute taint is tolerated, in seconds. Unset means for ever. */
  readonly tolerationSeconds?: number;
}

/** The AI providers of the tenant. A Campaign can override them within `allowedHosts`. */
export interface TenantProviders {
  /** Speech to text. */
  readonly stt?: TenantSttProvider;
  /** The language model. */
  readonly llm?: TenantLlmProvider;
  /** Text to speech. */
  readonly tts?: TenantTtsProvider;
  /** Judges what NPCs are about to say. Unset: nothing is judged. */
  readonly moderation?: TenantModerationProvider;
  /** The model of NPCs whose `engine` is `speechToSpeech`: it hears and speaks by itself. */
  readonly speechToSpeech?: TenantSpeechToSpeechProvider;
  /**
   * What becomes of a sentence that the provider of `moderation` could not judge. `Fail` withholds it,
   * `Ignore` lets the NPC say it. Unset means `Fail`.
   */
  readonly moderationFailurePolicy?: 'Fail' | 'Ignore';
  /**
   * Hosts that the campaigns' own `baseURL`s may name, `host` or `host:port`, next to the hosts of this
   * Tenant's providers. Addresses inside the cluster and metadata services are always refused.
   */
  readonly allowedHosts?: readonly string[];
}

/** Speech to text. */
export interface TenantSttProvider {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/transcriptions
   * (OpenAI, whisper.cpp, faster-whisper). `deepgram` and `elevenlabs` are those providers' own; they
   * recognise while a person still speaks.
   * @defaultValue "openai"
   */
  readonly kind: 'openai' | 'deepgram' | 'elevenlabs';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one second of recognised audio, from which the spend of a session is computed.
   * Unset: counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /** Answers in its place when it fails, at once, and until it works again. */
  readonly fallback?: TenantSttFallback;
}

/** Answers in its place when it fails, at once, and until it works again. */
export interface TenantSttFallback {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/transcriptions
   * (OpenAI, whisper.cpp, faster-whisper). `deepgram` and `elevenlabs` are those providers' own; they
   * recognise while a person still speaks.
   * @defaultValue "openai"
   */
  readonly kind: 'openai' | 'deepgram' | 'elevenlabs';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one second of recognised audio, from which the spend of a session is computed.
   * Unset: counted as free.
   */
  readonly pricePerUnitUSD?: number;
}

/** The language model. */
export interface TenantLlmProvider {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /chat/completions, streamed
   * (OpenAI, Groq, vLLM, Ollama, LM Studio). `google` is Gemini's, `anthropic` Claude's.
   * @defaultValue "openai"
   */
  readonly kind: 'openai' | 'google' | 'anthropic';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one token, read or written, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /** Answers in its place when it fails, at once, and until it works again. */
  readonly fallback?: TenantLlmFallback;
}

/** Answers in its place when it fails, at once, and until it works again. */
export interface TenantLlmFallback {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /chat/completions, streamed
   * (OpenAI, Groq, vLLM, Ollama, LM Studio). `google` is Gemini's, `anthropic` Claude's.
   * @defaultValue "openai"
   */
  readonly kind: 'openai' | 'google' | 'anthropic';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one token, read or written, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
}

/** Text to speech. */
export interface TenantTtsProvider {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/speech (OpenAI,
   * Kokoro). `elevenlabs` and `deepgram` are those providers' own.
   * @defaultValue "openai"
   */
  readonly kind: 'openai' | 'elevenlabs' | 'deepgram';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one character spoken, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /** Answers in its place when it fails, at once, and until it works again. */
  readonly fallback?: TenantTtsFallback;
}

/** Answers in its place when it fails, at once, and until it works again. */
export interface TenantTtsFallback {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/speech (OpenAI,
   * Kokoro). `elevenlabs` and `deepgram` are those providers' own.
   * @defaultValue "openai"
   */
  readonly kind: 'openai' | 'elevenlabs' | 'deepgram';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one character spoken, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
}

/** Judges what NPCs are about to say. Unset: nothing is judged. */
export interface TenantModerationProvider {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /moderations.
   * @defaultValue "openai"
   */
  readonly kind: 'openai';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one character judged, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /** Answers in its place when it fails, at once, and until it works again. */
  readonly fallback?: TenantModerationFallback;
}

/** Answers in its place when it fails, at once, and until it works again. */
export interface TenantModerationFallback {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /moderations.
   * @defaultValue "openai"
   */
  readonly kind: 'openai';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one character judged, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
}

/** The model of NPCs whose `engine` is `speechToSpeech`: it hears and speaks by itself. */
export interface TenantSpeechToSpeechProvider {
  /**
   * The wire protocol. `openai` is OpenAI's realtime API: a WebSocket at /realtime.
   * @defaultValue "openai"
   */
  readonly kind: 'openai';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one token, read or written, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /** Answers in its place when it fails, at once, and until it works again. */
  readonly fallback?: TenantSpeechToSpeechFallback;
}

/** Answers in its place when it fails, at once, and until it works again. */
export interface TenantSpeechToSpeechFallback {
  /**
   * The wire protocol. `openai` is OpenAI's realtime API: a WebSocket at /realtime.
   * @defaultValue "openai"
   */
  readonly kind: 'openai';
  /** The model's name at the provider. Unset means the kind's default. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * profile's default, else the kind's own.
   */
  readonly baseURL?: string;
  /** A key of a Secret in the tenant's namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one token, read or written, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
}

/**
 * How long ended sessions and what was said are kept. Only sessions that the gateway created for a command in
 * Discord are removed; what anybody applied stays.
 */
export interface TenantHistory {
  /**
   * An ended session's object is removed after this long. Default one week.
   * @defaultValue 604800
   */
  readonly ttlSecondsAfterEnded: number;
  /**
   * At most this many ended sessions are kept for each campaign.
   * @defaultValue 20
   */
  readonly keepPerCampaign: number;
  /** Transcripts are removed after this many days. Unset means never. */
  readonly transcriptDays?: number;
}

/** What the people in the voice channel are promised. */
export interface TenantPrivacy {
  /**
   * How people are told that they are heard. Nobody is heard before; who joins later is told in text.
   * @defaultValue "both"
   */
  readonly consentNotice: 'spoken' | 'text' | 'both';
  /**
   * The notice in your own words, said aloud and written as it is. Unset means Skald's own, in the campaign's
   * language where that is English or German, else in English.
   */
  readonly noticeText?: string;
  /**
   * Whether what is said is written to the tenant's database.
   * @defaultValue true
   */
  readonly recordTranscripts: boolean;
}

/** What the operator observes. Written by the operator alone. */
export interface TenantStatus {
  /**
   * Ready sums up NamespaceReady, DatabaseReady, CertificatesReady, TokenEncrypted, GatewayAssigned and
   * DiscordConnected.
   */
  readonly conditions?: readonly Condition[];
  /** The namespace in use. */
  readonly namespace?: string;
  /**
   * The gateway that serves the tenant's bot: `skald-gateway-0` of the installation, kept once assigned, or
   * `<namespace>/skald-gateway` of the tenant's own.
   */
  readonly gateway?: string;
  /** What the tenant uses, against its limits. */
  readonly usage?: TenantUsage;
  /** The metadata.generation that the operator last acted on. */
  readonly observedGeneration?: number;
}

/** What the tenant uses, against its limits. */
export interface TenantUsage {
  /** Sessions that hold a place now. */
  readonly activeSessions?: number;
  /** Hours of sessions in this calendar month. */
  readonly hoursThisMonth?: number;
  /**
   * What the AI providers cost in this calendar month, in US dollars. A session counts in the month in which
   * it ends.
   */
  readonly spendThisMonth?: number;
  /** The calendar month that is meant, in `timeZone`: 2030-06. */
  readonly month?: string;
  /** The part of hoursThisMonth that sessions which have ended used, in seconds. */
  readonly endedSeconds?: number;
  /** The part of spendThisMonth that sessions which have ended cost. */
  readonly endedSpendUSD?: number;
  /**
   * Sessions that have just ended and are in the sums above. A session keeps its finalizer until it is listed
   * here, and is listed until it has lost it: each is counted once.
   */
  readonly settled?: readonly TenantSettled[];
}

/** One VoiceSession. */
export interface TenantSettled {
  /** Name of the VoiceSession. */
  readonly name: string;
  /** UID of the VoiceSession. */
  readonly uid: string;
}
