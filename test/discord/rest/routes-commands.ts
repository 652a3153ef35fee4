import type { StoredCommand } from '../world/model.ts';
import { COMMANDS_PER_SCOPE, commandJson, parseCommand, parseCommands } from './command-form.ts';
import { guildOf, type RestContext } from './context.ts';
import { ErrorCode, RestError } from './errors.ts';
import type { BotRequest, Router } from './router.ts';

const GLOBAL = 'global';

/** Application commands, global and per guild. */
export function commandRoutes(router: Router, context: RestContext): void {
  for (const base of ['/applications/:application', '/applications/:application/guilds/:guild']) {
    router.bot(`GET ${base}/commands`, (request) => ({ status: 200, body: scope(context, request).list }));
    router.bot(`PUT ${base}/commands`, (request) => {
      const { key, list, commands } = scope(context, request);
      const known = new Map(list.map((command) => [`${command.type} ${command.name}`, command.id]));
      const next = parseCommands(request.body).map((form) =>
        commandJson(form, {
          id: known.get(`${form.type ?? 1} ${form.name}`) ?? context.world.ids.next(),
          version: context.world.ids.next(),
          applicationId: request.application.id,
          guildId: request.params.guild,
        }),
      );
      commands.set(key, next);
      return { status: 200, body: next };
    });
    router.bot(`POST ${base}/commands`, (request) => {
      const { key, list, commands } = scope(context, request);
      const form = parseCommand(request.body);
      const same = (command: StoredCommand) =>
        command.type === (form.type ?? 1) && command.name === form.name;
      const existing = list.find(same);
      if (!existing && list.length >= COMMANDS_PER_SCOPE) {
        throw new RestError(
          400,
          ErrorCode.MaximumCommands,
          'Maximum number of application commands reached (100).',
        );
      }
      const command = commandJson(form, {
        id: existing?.id ?? context.world.ids.next(),
        version: context.world.ids.next(),
        applicationId: request.application.id,
        guildId: request.params.guild,
      });
      commands.set(key, [...list.filter((entry) => !same(entry)), command]);
      return { status: existing ? 200 : 201, body: command };
    });
    router.bot(`GET ${base}/commands/:command`, (request) => ({ status: 200, body: find(context, request) }));
    router.bot(`PATCH ${base}/commands/:command`, (request) => {
      const { key, list, commands } = scope(context, request);
      const old = find(context, request);
      const changes = typeof request.body === 'object' && request.body !== null ? request.body : {};
      const command = commandJson(parseCommand({ ...old, ...changes }), {
        id: old.id,
        version: context.world.ids.next(),
        applicationId: request.application.id,
        guildId: request.params.guild,
      });
      commands.set(
        key,
        list.map((entry) => (entry.id === old.id ? command : entry)),
      );
      return { status: 200, body: command };
    });
    router.bot(`DELETE ${base}/commands/:command`, (request) => {
      const { key, list, commands } = scope(context, request);
      const old = find(context, request);
      commands.set(
        key,
        list.filter((entry) => entry.id !== old.id),
      );
      return { status: 204 };
    });
  }
}

function scope(context: RestContext, request: BotRequest) {
  if (request.params.application !== request.application.id) {
    throw new RestError(403, 20012, 'You are not authorized to perform this action on this application');
  }
  if (request.params.guild !== undefined) guildOf(context, request);
  const key = request.params.guild ?? GLOBAL;
  const { commands } = request.application;
  return { key, commands, list: commands.get(key) ?? [] };
}

function find(context: RestContext, request: BotRequest): StoredCommand {
  const command = scope(context, request).list.find((entry) => entry.id === request.params.command);
  if (!command) throw new RestError(404, ErrorCode.UnknownCommand, 'Unknown application command');
  return command;
}
