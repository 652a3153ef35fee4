// Generated from crds/ by `npm run generate`. Do not edit.
import type { Condition } from '../conditions.ts';
import type { ObjectMeta } from '../metadata.ts';
import type { SecretKeyRef, VaultRef } from './shared.ts';

/**
 * Campaign is one story that a group plays: its NPCs with their characters and voices, what they know, and
 * who plays. It lives in its Tenant's namespace.
 */
export interface Campaign {
  /** Version of this representation, `skald.dev/v1alpha1`. */
  readonly apiVersion: 'skald.dev/v1alpha1';
  /** `Campaign`. */
  readonly kind: 'Campaign';
  readonly metadata: ObjectMeta;
  /** What the game master describes. */
  readonly spec: CampaignSpec;
  /** What the operator observes. Written by the operator alone. */
  readonly status?: CampaignStatus;
}

/** What the game master describes. */
export interface CampaignSpec {
  /** The campaign's title as people write it. */
  readonly title?: string;
  /** The setting in a few sentences. Every NPC knows it. */
  readonly description?: string;
  /**
   * The language that is spoken, as a BCP 47 tag, for example `en` or `de-AT`.
   * @defaultValue "en"
   */
  readonly language: string;
  /** The characters that the AI plays. */
  readonly npcs: readonly Npc[];
  /**
   * Places, people and things of the story. Read-only seeds: what people import or edit lives in the database
   * and wins by name.
   */
  readonly entities?: readonly Entity[];
  /** Entities from elsewhere, next to `entities`, which win by name. */
  readonly entitiesFrom?: EntitiesFrom;
  /** A sound that loops in the channel, quieter while somebody speaks. */
  readonly ambience?: CampaignAmbience;
  /** Model Context Protocol servers that give the NPCs tools. */
  readonly mcpServers?: readonly McpServer[];
  /**
   * Overrides of the Tenant's providers, field by field. Another `baseURL` never inherits the tenant's key,
   * and its host must be in the Tenant's `providers.allowedHosts`. Another `kind` inherits nothing.
   */
  readonly providers?: CampaignProviders;
  /** Who plays, and whom. */
  readonly players?: readonly Player[];
  /**
   * When a person has finished speaking, and an NPC may answer.
   * @defaultValue {}
   */
  readonly turnTaking: CampaignTurnTaking;
  /**
   * What happens when somebody moves the bot to another voice channel. `Follow` carries on there, `End` ends
   * the session.
   * @defaultValue "Follow"
   */
  readonly onVoiceChannelMoved: 'Follow' | 'End';
  /** What is started when a session of this campaign has ended. */
  readonly onSessionEnd?: readonly SessionEndHook[];
}

/** One character that the AI plays. */
export interface Npc {
  /**
   * What the character is called at the table. Players address the NPC by it, so choose one that is easy to
   * hear.
   */
  readonly name: string;
  /** What the character is, for example `innkeeper`. */
  readonly title?: string;
  /** Other names that the NPC answers to. Unique among all NPCs of the campaign. */
  readonly aliases?: readonly string[];
  /** Who the NPC is and how it talks, in the words that the language model reads. */
  readonly personality?: string;
  /** What the NPC always or never does. */
  readonly rules?: readonly string[];
  /** What only this NPC knows, and does not tell unless the story makes it. */
  readonly secrets?: readonly string[];
  /**
   * Scopes of the entities that the NPC knows, for example `village`. An entity without a scope is known to
   * everyone. `game-master` and `npc:<name>` cannot be given: the NPC has the one of its own name.
   */
  readonly knowledge?: readonly string[];
  /**
   * How the NPC sounds.
   * @defaultValue {}
   */
  readonly voice: NpcVoice;
  /**
   * `cascaded` recognises speech, asks a language model and speaks its answer; `speechToSpeech` uses one
   * model for all three.
   * @defaultValue "cascaded"
   */
  readonly engine: 'cascaded' | 'speechToSpeech';
  /**
   * How much thought an answer gets. `fast` answers soonest, `deep` thinks longest.
   * @defaultValue "standard"
   */
  readonly budget: 'fast' | 'standard' | 'deep';
  /**
   * Whether the NPC answers only when it is called by its name or an alias.
   * @defaultValue false
   */
  readonly addressOnly: boolean;
  /**
   * Whether the NPC helps the game master, out of the story. At most one does.
   * @defaultValue false
   */
  readonly gameMasterHelper: boolean;
  /**
   * The tools that the NPC may use: `dice`, which rolls what players call `2d6+3`; `recall`, which looks into
   * its memory; the name of one of the campaign's `mcpServers` for all that the server offers, or
   * `<server>/<tool>` for one of them.
   */
  readonly tools?: readonly string[];
}

/** How the NPC sounds. */
export interface NpcVoice {
  /**
   * The voice's name at the tts provider. Unset means `alloy`, which OpenAI has and compatible servers know.
   */
  readonly id?: string;
  /**
   * Factor on the voice's pitch; 1 leaves it as it is. Only a provider in the worker's pod is told, such as
   * the speech sidecar: OpenAI's API has no such field.
   * @defaultValue 1
   */
  readonly pitch: number;
  /**
   * Factor on the speed of speech; 1 leaves it as it is.
   * @defaultValue 1
   */
  readonly speed: number;
}

/** A place, person or thing of the story. */
export interface Entity {
  /** What it is called. */
  readonly name: string;
  /** What kind of thing it is, for example `place`, `person`, `faction`, `item`. */
  readonly kind?: string;
  /** What is known about it. */
  readonly description: string;
  /**
   * Scopes that an NPC's `knowledge` must name to know of it. Empty means everyone knows. `npc:<name>` is the
   * scope of that NPC alone; with `game-master`, no NPC knows.
   */
  readonly knowledge?: readonly string[];
}

/** Entities from elsewhere, next to `entities`, which win by name. */
export interface EntitiesFrom {
  /** A key of a ConfigMap in this namespace that holds a YAML list of entities. */
  readonly configMapRef: ConfigMapKeyRef;
}

/** A key of a ConfigMap in this namespace that holds a YAML list of entities. */
export interface ConfigMapKeyRef {
  /** Name of the ConfigMap. */
  readonly name: string;
  /**
   * Key inside the ConfigMap.
   * @defaultValue "entities.yaml"
   */
  readonly key: string;
}

/** A sound that loops in the channel, quieter while somebody speaks. */
export interface CampaignAmbience {
  /**
   * A WAV file, 16 bits, at most 24 MiB and 2 minutes. The host must be in the Tenant's
   * `providers.allowedHosts`.
   */
  readonly url: string;
  /**
   * How loud it is when nobody speaks; 1 leaves it as it is.
   * @defaultValue 0.3
   */
  readonly volume: number;
}

/** One Model Context Protocol server, reached over streamable HTTP. */
export interface McpServer {
  /** What it is called in NPCs' `tools`, and in logs. */
  readonly name: string;
  /** Its endpoint. The host must be in the Tenant's `providers.allowedHosts`. */
  readonly url: string;
  /** A key of a Secret in this namespace that holds a bearer token. */
  readonly apiKeySecretRef?: SecretKeyRef;
}

/**
 * Overrides of the Tenant's providers, field by field. Another `baseURL` never inherits the tenant's key, and
 * its host must be in the Tenant's `providers.allowedHosts`. Another `kind` inherits nothing.
 */
export interface CampaignProviders {
  /** Speech to text. */
  readonly stt?: CampaignSttProvider;
  /** The language model. */
  readonly llm?: CampaignLlmProvider;
  /** Text to speech. */
  readonly tts?: CampaignTtsProvider;
  /** Judges what NPCs are about to say. Unset: nothing is judged. */
  readonly moderation?: CampaignModerationProvider;
  /** The model of NPCs whose `engine` is `speechToSpeech`: it hears and speaks by itself. */
  readonly speechToSpeech?: CampaignSpeechToSpeechProvider;
}

/** Speech to text. */
export interface CampaignSttProvider {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/transcriptions
   * (OpenAI, whisper.cpp, faster-whisper). `deepgram` and `elevenlabs` are those providers' own; they
   * recognise while a person still speaks.
   */
  readonly kind?: 'openai' | 'deepgram' | 'elevenlabs';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one second of recognised audio, from which the spend of a session is computed.
   * Unset: counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /**
   * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
   */
  readonly fallback?: CampaignSttFallback;
}

/**
 * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
 */
export interface CampaignSttFallback {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/transcriptions
   * (OpenAI, whisper.cpp, faster-whisper). `deepgram` and `elevenlabs` are those providers' own; they
   * recognise while a person still speaks.
   */
  readonly kind?: 'openai' | 'deepgram' | 'elevenlabs';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
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
export interface CampaignLlmProvider {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /chat/completions, streamed
   * (OpenAI, Groq, vLLM, Ollama, LM Studio). `google` is Gemini's, `anthropic` Claude's.
   */
  readonly kind?: 'openai' | 'google' | 'anthropic';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one token, read or written, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /**
   * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
   */
  readonly fallback?: CampaignLlmFallback;
}

/**
 * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
 */
export interface CampaignLlmFallback {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /chat/completions, streamed
   * (OpenAI, Groq, vLLM, Ollama, LM Studio). `google` is Gemini's, `anthropic` Claude's.
   */
  readonly kind?: 'openai' | 'google' | 'anthropic';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
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
export interface CampaignTtsProvider {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/speech (OpenAI,
   * Kokoro). `elevenlabs` and `deepgram` are those providers' own.
   */
  readonly kind?: 'openai' | 'elevenlabs' | 'deepgram';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one character spoken, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /**
   * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
   */
  readonly fallback?: CampaignTtsFallback;
}

/**
 * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
 */
export interface CampaignTtsFallback {
  /**
   * The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /audio/speech (OpenAI,
   * Kokoro). `elevenlabs` and `deepgram` are those providers' own.
   */
  readonly kind?: 'openai' | 'elevenlabs' | 'deepgram';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
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
export interface CampaignModerationProvider {
  /** The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /moderations. */
  readonly kind?: 'openai';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one character judged, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /**
   * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
   */
  readonly fallback?: CampaignModerationFallback;
}

/**
 * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
 */
export interface CampaignModerationFallback {
  /** The wire protocol. `openai` is every endpoint compatible with OpenAI's: POST /moderations. */
  readonly kind?: 'openai';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
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
export interface CampaignSpeechToSpeechProvider {
  /** The wire protocol. `openai` is OpenAI's realtime API: a WebSocket at /realtime. */
  readonly kind?: 'openai';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one token, read or written, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
  /**
   * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
   */
  readonly fallback?: CampaignSpeechToSpeechFallback;
}

/**
 * Answers in its place when it fails, at once, and until it works again. Field by field over the Tenant's.
 */
export interface CampaignSpeechToSpeechFallback {
  /** The wire protocol. `openai` is OpenAI's realtime API: a WebSocket at /realtime. */
  readonly kind?: 'openai';
  /** The model's name at the provider. Unset means the Tenant's, if it is of the same kind. */
  readonly model?: string;
  /**
   * Base URL up to and including the version, for example `https://api.openai.com/v1`. Unset means the
   * Tenant's, if it is of the same kind.
   */
  readonly baseURL?: string;
  /** A key of a Secret in this namespace that holds the API key. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** Where the API key is in Vault, instead of `apiKeySecretRef`. */
  readonly vault?: VaultRef;
  /**
   * Price in US dollars of one token, read or written, from which the spend of a session is computed. Unset:
   * counted as free.
   */
  readonly pricePerUnitUSD?: number;
}

/** One person at the table. */
export interface Player {
  /** The person's Discord user id. */
  readonly discordUserId: string;
  /** The name of the character that the person plays; NPCs call them so. */
  readonly character?: string;
  /**
   * Whether the person's audio is dropped before it is recognised.
   * @defaultValue false
   */
  readonly optOut: boolean;
}

/** When a person has finished speaking, and an NPC may answer. */
export interface CampaignTurnTaking {
  /**
   * `fixed` always waits minDelayMs. `dynamic` waits between minDelayMs and maxDelayMs: the least after a
   * whole sentence, longer in the middle of one and for people who pause often.
   * @defaultValue "dynamic"
   */
  readonly endpointing: 'fixed' | 'dynamic';
  /**
   * The least silence that ends what a person says, in milliseconds. Below about 400 pauses in a sentence
   * split it.
   * @defaultValue 400
   */
  readonly minDelayMs: number;
  /**
   * The most silence that is waited for, in milliseconds.
   * @defaultValue 2400
   */
  readonly maxDelayMs: number;
  /**
   * Whether an answer is begun before it is certain that the person has finished. It comes sooner; one that
   * is thrown away costs the tokens that it has taken.
   * @defaultValue true
   */
  readonly preemptive: boolean;
}

/** One thing that is done when a session has ended. */
export interface SessionEndHook {
  /** What the hook is called in events and logs. */
  readonly name: string;
  /**
   * An Argo WorkflowTemplate in this namespace. The Workflow gets the session's name, campaign, endReason and
   * transcriptRef as parameters.
   */
  readonly workflowTemplateRef: WorkflowTemplateRef;
  /** Further parameters of the Workflow. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * An Argo WorkflowTemplate in this namespace. The Workflow gets the session's name, campaign, endReason and
 * transcriptRef as parameters.
 */
export interface WorkflowTemplateRef {
  /** Name of the WorkflowTemplate. */
  readonly name: string;
}

/** What the operator observes. Written by the operator alone. */
export interface CampaignStatus {
  /** Ready says whether a session of this campaign can be started. */
  readonly conditions?: readonly Condition[];
  /** How many NPCs the campaign has. */
  readonly npcCount?: number;
  /** The VoiceSession that holds the campaign now. */
  readonly activeSession?: string;
  /** How many VoiceSessions of the campaign exist. */
  readonly sessionCount?: number;
  /**
   * Hash of the effective configuration: the spec, what entitiesFrom refers to, and the providers that the
   * Tenant gives. A session that runs with it reports the same as status.voice.configRevision.
   */
  readonly revision?: string;
  /** What the ConfigMap of entitiesFrom holds, as sessions get it. At most 512 KiB. */
  readonly entities?: readonly CampaignEntities[];
  /** The metadata.generation that the operator last acted on. */
  readonly observedGeneration?: number;
}

/** A place, person or thing of the story. */
export interface CampaignEntities {
  /** What it is called. */
  readonly name: string;
  /** What kind of thing it is. */
  readonly kind?: string;
  /** What there is to know about it. */
  readonly description: string;
  /** Scopes of the NPCs that know it. Without one, everyone does. */
  readonly knowledge?: readonly string[];
}
