// Generated from crds/ by `npm run generate`. Do not edit.
import type { Condition } from '../conditions.ts';
import type { ObjectMeta } from '../metadata.ts';

/**
 * VoiceSession is one evening at the table: NPCs of a Campaign in one Discord voice channel, served by one
 * worker. Stop it with desiredState Stopped or by deleting it.
 */
export interface VoiceSession {
  /** Version of this representation, `skald.dev/v1alpha1`. */
  readonly apiVersion: 'skald.dev/v1alpha1';
  /** `VoiceSession`. */
  readonly kind: 'VoiceSession';
  readonly metadata: ObjectMeta;
  /** What is wanted. Everything but desiredState and mutedNpcs is immutable. */
  readonly spec: VoiceSessionSpec;
  /** What is observed. Written by the operator, `voice` by the gateway. */
  readonly status?: VoiceSessionStatus;
}

/** What is wanted. Everything but desiredState and mutedNpcs is immutable. */
export interface VoiceSessionSpec {
  /**
   * `Live` joins the voice channel. `Recap` is a worker without voice that summarises `recapOf`, in at most
   * five minutes, and ends.
   * @defaultValue "Live"
   */
  readonly mode: 'Live' | 'Recap';
  /**
   * Name of the VoiceSession in this namespace that a Recap summarises. It may be over, and gone: its
   * transcript is what counts. Of one that runs it is what was said until now.
   */
  readonly recapOf?: string;
  /** The Campaign in this namespace that is played. */
  readonly campaignRef: CampaignRef;
  /** Id of the Discord server; it must be in the Tenant's guilds. In YAML, write ids in quotes. */
  readonly guildId: string;
  /** Id of the voice channel to join. Needed with mode Live. */
  readonly voiceChannelId?: string;
  /** Id of the text channel for notices. Unset means the text chat of the voice channel. */
  readonly textChannelId?: string;
  /** Who asked for the session in Discord. Unset when it was applied. */
  readonly requestedBy?: VoiceSessionRequestedBy;
  /**
   * `Stopped` ends the session: the NPC finishes its sentence and leaves. It never goes back to `Running`.
   * @defaultValue "Running"
   */
  readonly desiredState: 'Running' | 'Stopped';
  /** Names of the NPCs that stay silent for now. They still hear what is said. */
  readonly mutedNpcs?: readonly string[];
  /**
   * The session ends after this long, counted from its start. Unset means the Tenant's
   * limits.maxSessionSeconds, which it cannot exceed.
   */
  readonly maxDurationSeconds?: number;
  /** Where speech and language models run. Unset means the Tenant's worker.profile. */
  readonly profile?: 'cloud' | 'whisper-native' | 'local-llm' | 'offline';
}

/** The Campaign in this namespace that is played. */
export interface CampaignRef {
  /** Name of the Campaign. */
  readonly name: string;
}

/** Who asked for the session in Discord. Unset when it was applied. */
export interface VoiceSessionRequestedBy {
  /** Discord user id of the person. */
  readonly userId: string;
  /** The person's name in that server. */
  readonly displayName?: string;
  /** Id of the Discord interaction, for finding its log lines. */
  readonly interactionId?: string;
}

/** What is observed. Written by the operator, `voice` by the gateway. */
export interface VoiceSessionStatus {
  /**
   * Summary of the conditions: Pending (not yet admitted), Provisioning (certificate, Secret, Job),
   * Connecting (the worker joins), Active (it listens), Degraded (it runs with a fault), Draining (it ends),
   * Ended, Failed.
   */
  readonly phase?: 'Pending' | 'Provisioning' | 'Connecting' | 'Active' | 'Degraded' | 'Draining' | 'Ended' | 'Failed';
  /**
   * Admitted, CertificateIssued, WorkerScheduled, Ready (the NPCs listen), Moving (its node is drained),
   * Drifted (somebody changed what cannot be put back now) and Ended.
   */
  readonly conditions?: readonly Condition[];
  /** Why the session is in its phase, in one CamelCase word, for example GuildBusy. */
  readonly reason?: string;
  /** The worker that serves the session. */
  readonly worker?: VoiceSessionWorker;
  /** Discord's side and the worker's own report, written by the gateway. */
  readonly voice?: VoiceSessionVoice;
  /** When it was admitted. */
  readonly startedAt?: string;
  /** When the NPCs first listened. */
  readonly activeAt?: string;
  /** When it became Ended or Failed. */
  readonly endedAt?: string;
  /** Why it ended. */
  readonly endReason?: 'Requested' | 'Deleted' | 'Idle' | 'ChannelEmpty' | 'DeadlineExceeded' | 'SpendCap' | 'WorkerFailed' | 'Rejected' | 'DiscordRefused' | 'Kicked' | 'Completed' | 'NothingToRecap';
  /** What came of it, from the worker's last words. */
  readonly result?: VoiceSessionResult;
  /** The metadata.generation that the operator last acted on. */
  readonly observedGeneration?: number;
}

/** The worker that serves the session. */
export interface VoiceSessionWorker {
  /** Name of its Job. A worker is served only with a certificate for this name. */
  readonly jobName?: string;
  /** Name of its pod. */
  readonly podName?: string;
  /** UID of its pod. */
  readonly podUID?: string;
  /** The node that the pod runs on. */
  readonly node?: string;
  /** How often the worker was replaced or restarted. */
  readonly restarts?: number;
  /** When its certificate ends. */
  readonly certificateExpiry?: string;
}

/** Discord's side and the worker's own report, written by the gateway. */
export interface VoiceSessionVoice {
  /** Whether the bot is in the voice channel. */
  readonly connected?: boolean;
  /** Since when. */
  readonly connectedAt?: string;
  /**
   * What the worker last reported: Connecting, Listening, Degraded (`reason` says why), Paused (nothing is
   * broken and nobody answers, `reason` says why), Stopped; Detached when its stream to the gateway is lost.
   */
  readonly state?: 'Connecting' | 'Listening' | 'Degraded' | 'Paused' | 'Stopped' | 'Detached';
  /** Why it is not Listening, in one CamelCase word, for example SpeechToTextUnavailable. */
  readonly reason?: string;
  /** The same in a sentence that a person can act on. */
  readonly message?: string;
  /** UID of the pod that reported. */
  readonly podUID?: string;
  /** When this was last written. Not every report is. */
  readonly reportedAt?: string;
  /** Version of Discord's end-to-end encryption in use; 0 when there is none. */
  readonly dave?: number;
  /** Share of the audio packets that were lost, from 0 to 1. */
  readonly packetLoss?: number;
  /** Jitter of the audio received, in milliseconds. */
  readonly jitterMs?: number;
  /**
   * Half of the answers began within this many milliseconds, from the speaker's last packet to the answer's
   * first.
   */
  readonly responseP50Ms?: number;
  /** 95 % of the answers began within this many milliseconds. */
  readonly responseP95Ms?: number;
  /** The commit that the worker was built from. */
  readonly buildSHA?: string;
  /** The models in use: `stt:<model>`, `llm:<model>`, `tts:<model>`. */
  readonly models?: readonly string[];
  /** What the AI providers of this session have cost so far, in US dollars. */
  readonly spendUSD?: number;
  /**
   * Revision of the configuration that the worker runs with: once it has taken up the Campaign as it is,
   * equal to the Campaign's status.revision.
   */
  readonly configRevision?: string;
}

/** What came of it, from the worker's last words. */
export interface VoiceSessionResult {
  /** Utterances of players that were recognised. */
  readonly utterances?: number;
  /** Answers of NPCs that were spoken. */
  readonly replies?: number;
  /** Answers that a player interrupted. */
  readonly bargeIns?: number;
  /** Seconds of audio that were recognised. */
  readonly sttSeconds?: number;
  /** Tokens that the language model read and wrote. */
  readonly llmTokens?: number;
  /** Characters that were spoken. */
  readonly ttsCharacters?: number;
  /** What the AI providers cost, in US dollars. */
  readonly spendUSD?: number;
  /** Where the transcript is, for example `postgresql:tenant_demo/<session uid>`. */
  readonly transcriptRef?: string;
}
