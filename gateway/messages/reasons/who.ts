/**
 * Every reason that a status can give, and who can do something about it. What a game master reads of them is in this
 * folder by language; what they mean exactly is in src/api/reasons.ts.
 */
import type { CampaignReason, SessionReason, TenantReason } from '../../../src/api/reasons.ts';

export type Reason = SessionReason | CampaignReason | TenantReason;

/** `server`: who manages the Discord server. `operator`: who operates Skald. `nobody`: nothing is wrong, or time mends it. */
export type Who = 'gameMaster' | 'server' | 'operator' | 'nobody';

/** The sentence for each reason, in one language. */
export type ReasonTexts = Readonly<Record<Reason, string>>;

const gameMaster = [
  'GuildBusy',
  'CampaignBusy',
  'CampaignNotReady',
  'EntitiesMissing',
  'EntitiesInvalid',
  'DuplicateNames',
  'EngineNotAvailable',
  'UnknownTool',
  'AmbienceUnavailable',
] as const;

const server = ['DiscordRefused', 'Kicked', 'DisallowedIntents', 'BotMuted', 'BotDeafened'] as const;

const nobody = [
  'Requested',
  'Completed',
  'NothingToRecap',
  'RecapsBusy',
  'Deleted',
  'Idle',
  'ChannelEmpty',
  'DeadlineExceeded',
  'Rejected',
  'VoiceDisconnected',
  'GatewayDisconnected',
  'ListeningFailed',
  'StreamLost',
  'GatewayUnreachable',
  'WorkerDegraded',
  'Admitted',
  'NotAdmitted',
  'Issued',
  'Scheduled',
  'WorkerPending',
  'WorkerStarting',
  'WorkerConnecting',
  'WorkerLost',
  'NodeDraining',
  'Moving',
  'Moved',
  'NodeKept',
  'Listening',
  'Summarising',
  'Draining',
  'Ended',
  'Stopped',
  'Terminated',
  'Ready',
  'Valid',
  'NamespaceReady',
  'DatabaseReady',
  'CertificatesReady',
  'TokenEncrypted',
  'TokenInVault',
  'ProviderKeysReady',
  'NoKeysInVault',
  'GatewayAssigned',
  'Connected',
  'Connecting',
  'Reconciling',
] as const;

const WHO: ReadonlyMap<string, Who> = new Map<Reason, Who>([
  ...gameMaster.map((reason): [Reason, Who] => [reason, 'gameMaster']),
  ...server.map((reason): [Reason, Who] => [reason, 'server']),
  ...nobody.map((reason): [Reason, Who] => [reason, 'nobody']),
]);

/** Whoever operates Skald, unless the reason is named otherwise here. */
export function whoCanMend(reason: string): Who {
  return WHO.get(reason) ?? 'operator';
}
