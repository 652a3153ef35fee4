// Discord's ids. They are 64-bit numbers and therefore strings: 2^53 is not enough. A guild's id where a
// channel's belongs is a mistake that only Discord would notice, so each has a type of its own.

declare const brand: unique symbol;

type IdOf<What extends string> = string & { readonly [brand]: What };

export type ApplicationId = IdOf<'application'>;
export type GuildId = IdOf<'guild'>;
export type ChannelId = IdOf<'channel'>;
export type UserId = IdOf<'user'>;
export type RoleId = IdOf<'role'>;
export type Snowflake = ApplicationId | GuildId | ChannelId | UserId | RoleId;

const SNOWFLAKE = /^[0-9]{17,20}$/;
const LARGEST = 2n ** 64n;

/** The same check as the CRDs', and that it fits 64 bits. */
export function isSnowflake(text: string): boolean {
  return SNOWFLAKE.test(text) && BigInt(text) < LARGEST;
}

export const parseApplicationId = (text: string): ApplicationId => parse<ApplicationId>(text, 'application');
export const parseGuildId = (text: string): GuildId => parse<GuildId>(text, 'guild');
export const parseChannelId = (text: string): ChannelId => parse<ChannelId>(text, 'channel');
export const parseUserId = (text: string): UserId => parse<UserId>(text, 'user');
export const parseRoleId = (text: string): RoleId => parse<RoleId>(text, 'role');

/** Milliseconds since 1970 when Discord made the id. */
export function createdAt(id: Snowflake): number {
  return Number(BigInt(id) >> 22n) + 1_420_070_400_000;
}

/** @throws {RangeError} when it is not 17 to 20 digits, or does not fit 64 bits. */
function parse<Id extends Snowflake>(text: string, what: string): Id {
  if (!isSnowflake(text)) {
    throw new RangeError(`Not the id of a Discord ${what}: ${JSON.stringify(text)}; it has 17 to 20 digits.`);
  }
  return text as Id;
}
