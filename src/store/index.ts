// What a worker and a gateway use of PostgreSQL. migrate.ts is not here: it is costly to load.
export { acquireBotLock, type BotLock, type BotLockOptions, tryBotLock } from './bot-lock.ts';
export { type CampaignHistory, CampaignStore } from './campaign-store.ts';
export { Database, type DatabaseOptions } from './database.ts';
export {
  type DatabaseUrl,
  describeDatabase,
  parseDatabaseUrl,
  SHARED_SCHEMA,
  tenantDatabaseUrl,
  withoutPassword,
} from './dsn.ts';
export { EntityStore, type PutResult } from './entity-store.ts';
export { type Feedback, FeedbackStore, type KnownSession, type Ratings } from './feedback-store.ts';
export { type GatewaySession, GatewaySessionStore } from './gateway-session-store.ts';
export {
  type Claimed,
  type InteractionClaim,
  type InteractionOutcome,
  type InteractionState,
  InteractionStore,
  KEEP_MINUTES,
  type LostInteraction,
} from './interaction-store.ts';
export { MOST_WORDS, type OwnWords, PrivacyStore, type StoredOfPerson } from './privacy-store.ts';
export { type Recap, type RecapKey, RecapStore, type StoredRecap } from './recap-store.ts';
export type { RecollectionRequest, Recollections, RememberedLine } from './recollections.ts';
export {
  type Counters,
  noCounters,
  type SessionRow,
  SessionStore,
  type TranscriptSegment,
  type UsageRecord,
  type UsedProvider,
} from './session-store.ts';
export { StoreError } from './store-error.ts';
export {
  type SessionFilter,
  type SessionSummary,
  TranscriptReader,
  type TranscriptRevision,
} from './transcript-reader.ts';
export {
  type SearchHit,
  type SearchRequest,
  type SearchResult,
  TranscriptSearch,
} from './transcript-search.ts';

export { urlFromFile } from './url-file.ts';
