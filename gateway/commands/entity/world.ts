/** The campaign that an `/entity` command is about, with what its manifest and the database say of it. */
import { createHash } from 'node:crypto';
import type { Campaign } from '../../../src/api/index.ts';
import { type EntityText, entityKey, type StoredEntity } from '../../../src/entities/entity.ts';
import { type ListedEntity, listEntities, manifestEntities } from '../../../src/entities/merge.ts';
import type { Live } from '../../../src/kube/index.ts';
import { CampaignStore, type Database, EntityStore, StoreError } from '../../../src/store/index.ts';
import type { Asking, Choice } from '../command.ts';
import { runningSession } from '../running.ts';

export interface World {
  readonly campaign: Live<Campaign>;
  readonly title: string;
  readonly database: Database;
  readonly store: EntityStore;
  readonly manifest: readonly EntityText[];
  readonly stored: readonly StoredEntity[];
  readonly listed: readonly ListedEntity[];
}

type Found<T> = T | { readonly refusal: string };

/** How long the database may take, milliseconds: an answer that is to be a form must come within 3 seconds. */
const PATIENCE_MS = 2_000;

/**
 * @param named a campaign's name, or {@link shortHash} of it. Unset: the one that is played, else the one that is loaded
 * here, else the only one.
 */
export async function findWorld(
  asking: Pick<Asking, 'host' | 'guildId' | 'messages'>,
  named: string | undefined,
): Promise<Found<World>> {
  const { host, messages } = asking;
  const away = { refusal: messages.refusal.databaseUnavailable };
  if (!host.ready) return { refusal: messages.refusal.starting };
  const database = host.database();
  if (database === undefined) return away;
  const { promise: tooLong, resolve } = Promise.withResolvers<typeof away>();
  const timer = setTimeout(() => resolve(away), PATIENCE_MS);
  try {
    return await Promise.race([readWorld(asking, named, database), tooLong]);
  } catch (error) {
    if (error instanceof StoreError) return away;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function readWorld(
  { host, guildId, messages }: Pick<Asking, 'host' | 'guildId' | 'messages'>,
  named: string | undefined,
  database: Database,
): Promise<Found<World>> {
  const campaigns = host.campaigns();
  const names = campaigns.map(({ metadata }) => metadata.name).sort();
  const byName = (name: string | undefined) => campaigns.find(({ metadata }) => metadata.name === name);
  let campaign: Live<Campaign> | undefined;
  if (named !== undefined) {
    campaign = byName(named) ?? campaigns.find(({ metadata }) => shortHash(metadata.name) === named);
    if (campaign === undefined) return { refusal: messages.refusal.unknownCampaign(named, names) };
  } else if (campaigns.length === 1) {
    campaign = campaigns[0];
  } else {
    campaign = byName(runningSession(host, guildId)?.spec.campaignRef.name);
    campaign ??= byName(await new CampaignStore(database).loaded(guildId));
  }
  if (campaign === undefined) {
    return {
      refusal: names.length === 0 ? messages.refusal.noCampaign : messages.entity.chooseCampaign(names),
    };
  }
  const stored = await host.readEntities(campaign.metadata.name, database);
  const manifest = manifestEntities(campaign);
  return {
    campaign,
    title: campaign.spec.title ?? campaign.metadata.name,
    database,
    store: new EntityStore(database),
    manifest,
    stored,
    listed: listEntities(manifest, stored),
  };
}

/** After a change: the running session is told. @throws {StoreError} */
export async function changed({ host }: Pick<Asking, 'host'>, world: World): Promise<void> {
  await host.readEntities(world.campaign.metadata.name, world.database);
}

/** Names of campaigns and kinds are too long for what a button can carry. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 10);
}

/** Most characters of a choice's name and value. */
const MOST_CHOICE = 100;

export function campaignChoices({
  host,
  typed,
}: Pick<Asking, 'host'> & { readonly typed: string }): Choice[] {
  return host
    .campaigns()
    .map(({ metadata, spec }) => ({ name: spec.title ?? metadata.name, value: metadata.name }))
    .filter(({ name, value }) => `${name} ${value}`.toLowerCase().includes(typed.toLowerCase()))
    .map(({ name, value }) => ({
      name: name.slice(0, MOST_CHOICE),
      value: value.length <= MOST_CHOICE ? value : shortHash(value),
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** Values longer than Discord takes are told by their hash. */
export function textChoices(texts: Iterable<string>, typed: string): Choice[] {
  return [...new Set(texts)]
    .filter((text) => text.toLowerCase().includes(typed.toLowerCase()))
    .map((text) => ({
      name: text.length <= MOST_CHOICE ? text : `${text.slice(0, MOST_CHOICE - 1)}…`,
      value: text.length <= MOST_CHOICE ? text : shortHash(text),
    }));
}

/** By its name, or by what {@link textChoices} made of it. */
export function entityNamed(world: World, named: string): ListedEntity | undefined {
  const wanted = entityKey(named);
  return (
    world.listed.find(({ name }) => entityKey(name) === wanted) ??
    world.listed.find(({ name }) => shortHash(name) === named)
  );
}
