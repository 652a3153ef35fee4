import type { Guild, User } from '../world/model.ts';
import { ScenarioError } from '../world/world.ts';
import { Person, type PersonParts } from './person.ts';

/** The simulated people by guild and user. */
export class People {
  readonly #parts: PersonParts;
  readonly #people = new Map<string, Person>();

  constructor(parts: PersonParts) {
    this.#parts = parts;
  }

  /** The person behind a member; always the same one for the same member. */
  person(guild: Guild, user: User): Person {
    const key = `${guild.id} ${user.id}`;
    const person = this.#people.get(key) ?? new Person(guild, user, this.#parts);
    this.#people.set(key, person);
    return person;
  }

  find(guildId: string, userId: string): Person {
    const person = this.#people.get(`${guildId} ${userId}`);
    if (!person) throw new ScenarioError(`no person ${userId} in guild ${guildId}: call person() first`);
    return person;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#people.values()].map((person) => person.close()));
    this.#people.clear();
    this.#parts.voiceStates.unfollowAll();
  }
}
