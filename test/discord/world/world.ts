import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Application, Channel, ChannelKind, Guild, Member, Role, User } from './model.ts';
import { EVERYONE_DEFAULT } from './permissions.ts';
import { isSnowflake, SnowflakeSource } from './snowflake.ts';

/** A scenario named something that does not exist: a mistake of the test, not of the client under test. */
export class ScenarioError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScenarioError';
  }
}

export interface NewApplication {
  id?: string | undefined;
  token?: string | undefined;
  name?: string | undefined;
  publicKey?: string | undefined;
  interactionsUrl?: string | undefined;
  /** Privileged intents switched on in the portal. @defaultValue all three */
  privilegedIntents?: number | undefined;
}

const PRIVILEGED_INTENTS = (1 << 1) | (1 << 8) | (1 << 15);

/** All that exists on the simulated Discord. Pure state: who must be told about a change is the hub's affair. */
export class World {
  readonly clock: Clock;
  readonly ids: SnowflakeSource;
  readonly applications = new Map<string, Application>();
  readonly guilds = new Map<string, Guild>();
  readonly users = new Map<string, User>();

  constructor(clock: Clock) {
    this.clock = clock;
    this.ids = new SnowflakeSource(clock);
  }

  addApplication(options: NewApplication): Application {
    const id = this.#id(options.id);
    if (this.applications.has(id)) throw new ScenarioError(`application ${id} exists already`);
    const keys = options.publicKey ? undefined : generateEd25519();
    const user = this.addUser({ id, name: options.name ?? `bot-${id.slice(-4)}`, bot: true });
    const application: Application = {
      id,
      token: options.token ?? botToken(id),
      publicKey: options.publicKey ?? keys?.publicKey ?? '',
      ...(keys ? { privateKey: keys.privateKey } : {}),
      ...(options.interactionsUrl ? { interactionsUrl: options.interactionsUrl } : {}),
      user,
      privilegedIntents: options.privilegedIntents ?? PRIVILEGED_INTENTS,
      commands: new Map(),
    };
    this.applications.set(id, application);
    return application;
  }

  addUser(options: {
    id?: string | undefined;
    name: string;
    bot?: boolean | undefined;
    locale?: string | undefined;
  }): User {
    const id = this.#id(options.id);
    const known = this.users.get(id);
    if (known) return known;
    const username = options.name.toLowerCase().replaceAll(/[^a-z0-9_.]/g, '_');
    const { bot = false, locale = 'en-US' } = options;
    const user = { id, username, displayName: options.name, bot, locale };
    this.users.set(id, user);
    return user;
  }

  addGuild(options: {
    id?: string | undefined;
    name: string;
    ownerId?: string | undefined;
    locale?: string | undefined;
  }): Guild {
    const id = this.#id(options.id);
    if (this.guilds.has(id)) throw new ScenarioError(`guild ${id} exists already`);
    const owner = this.addUser({ id: options.ownerId, name: 'Owner' });
    const guild: Guild = {
      id,
      name: options.name,
      locale: options.locale ?? 'en-US',
      ownerId: owner.id,
      roles: new Map(),
      channels: new Map(),
      members: new Map(),
      voiceStates: new Map(),
      applications: new Set(),
      joinedAt: this.date(),
    };
    guild.roles.set(id, { id, name: '@everyone', permissions: EVERYONE_DEFAULT, position: 0 });
    this.guilds.set(id, guild);
    this.addMember(guild, owner, []);
    return guild;
  }

  addRole(guild: Guild, options: { id?: string | undefined; name: string; permissions: bigint }): Role {
    const id = this.#id(options.id);
    const role = { id, name: options.name, permissions: options.permissions, position: guild.roles.size };
    guild.roles.set(id, role);
    return role;
  }

  addChannel(
    guild: Guild,
    options: { id?: string | undefined; kind: ChannelKind; name: string; userLimit?: number | undefined },
  ): Channel {
    const id = this.#id(options.id);
    const channel: Channel = {
      id,
      guildId: guild.id,
      kind: options.kind,
      name: options.name,
      position: guild.channels.size,
      userLimit: options.userLimit ?? 0,
      overwrites: new Map(),
      messages: new Map(),
    };
    guild.channels.set(id, channel);
    return channel;
  }

  addMember(guild: Guild, user: User, roles: readonly string[], nick: string | null = null): Member {
    for (const role of roles) {
      if (!guild.roles.has(role)) throw new ScenarioError(`role ${role} does not exist in guild ${guild.id}`);
    }
    const member: Member = {
      user,
      nick,
      roles: new Set(roles),
      joinedAt: this.date(),
      mute: false,
      deaf: false,
    };
    guild.members.set(user.id, member);
    return member;
  }

  #id(wanted: string | undefined): string {
    if (wanted !== undefined && !isSnowflake(wanted)) {
      throw new ScenarioError(`${JSON.stringify(wanted)} is no Discord id: a decimal number of 64 bits`);
    }
    return wanted ?? this.ids.next();
  }

  guild(id: string): Guild {
    const guild = this.guilds.get(id);
    if (!guild) throw new ScenarioError(`guild ${id} does not exist: call addGuild first`);
    return guild;
  }

  application(id: string): Application {
    const application = this.applications.get(id);
    if (!application) throw new ScenarioError(`application ${id} does not exist: call addApplication first`);
    return application;
  }

  applicationByToken(token: string): Application | undefined {
    for (const application of this.applications.values()) {
      if (application.token === token) return application;
    }
    return undefined;
  }

  /** Channels are found without their guild, as in Discord's routes. */
  channel(id: string): Channel {
    const channel = this.findChannel(id);
    if (!channel) throw new ScenarioError(`channel ${id} does not exist: call addChannel first`);
    return channel;
  }

  findChannel(id: string): Channel | undefined {
    for (const guild of this.guilds.values()) {
      const channel = guild.channels.get(id);
      if (channel) return channel;
    }
    return undefined;
  }

  member(guild: Guild, userId: string): Member {
    const member = guild.members.get(userId);
    if (!member) throw new ScenarioError(`user ${userId} is not a member of guild ${guild.id}`);
    return member;
  }

  /** Now, as Discord writes dates. */
  date(): string {
    return new Date(this.clock.wall()).toISOString();
  }

  clear(): void {
    this.applications.clear();
    this.guilds.clear();
    this.users.clear();
  }
}

/** Tokens look like Discord's: the application id in base64, then two random parts. */
function botToken(applicationId: string): string {
  const id = Buffer.from(applicationId).toString('base64url');
  return `${id}.${randomBytes(4).toString('base64url')}.${randomBytes(28).toString('base64url')}`;
}

function generateEd25519() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  // The last 32 bytes of the SPKI structure are the raw key.
  return {
    publicKey: publicKey.subarray(-32).toString('hex'),
    privateKey: createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }),
  };
}
