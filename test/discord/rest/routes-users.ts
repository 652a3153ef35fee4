import { z } from 'zod';
import { guildPermissions } from '../world/permissions.ts';
import { userJson } from '../world/serialize.ts';
import type { RestContext } from './context.ts';
import { ErrorCode, RestError } from './errors.ts';
import { parseForm } from './forms.ts';
import type { BotRequest, Router } from './router.ts';

/** The bot itself, its application, other users, and where the gateway is. */
export function userRoutes(router: Router, context: RestContext): void {
  router.open('GET /gateway', () => ({ status: 200, body: { url: context.gatewayUrl() } }));
  router.bot('GET /gateway/bot', () => ({
    status: 200,
    body: {
      url: context.gatewayUrl(),
      shards: 1,
      session_start_limit: { total: 1000, remaining: 999, reset_after: 14_400_000, max_concurrency: 1 },
    },
  }));

  router.bot('GET /users/@me', (request) => ({ status: 200, body: self(request) }));
  router.bot('GET /users/@me/guilds', (request) => ({
    status: 200,
    body: [...context.world.guilds.values()]
      .filter((guild) => guild.applications.has(request.application.id))
      .map((guild) => {
        const member = guild.members.get(request.application.user.id);
        const permissions = member ? guildPermissions(guild, member) : 0n;
        return {
          id: guild.id,
          name: guild.name,
          icon: null,
          banner: null,
          owner: false,
          permissions: permissions.toString(),
          features: [],
        };
      }),
  }));
  router.bot('GET /users/:user', (request) => {
    const user = context.world.users.get(request.params.user ?? '');
    if (!user) throw new RestError(404, ErrorCode.UnknownUser, 'Unknown User');
    return { status: 200, body: userJson(user) };
  });

  for (const path of ['/applications/@me', '/oauth2/applications/@me']) {
    router.bot(`GET ${path}`, (request) => ({ status: 200, body: applicationJson(request) }));
  }
  router.bot('PATCH /applications/@me', (request) => {
    const schema = z.object({ interactions_endpoint_url: z.string().nullish() }).loose();
    const { interactions_endpoint_url: url } = parseForm(schema, request.body);
    if (url) request.application.interactionsUrl = url;
    else if (url === null) delete request.application.interactionsUrl;
    return { status: 200, body: applicationJson(request) };
  });
}

function self(request: BotRequest) {
  return { ...userJson(request.application.user), verified: true, mfa_enabled: true, email: null, flags: 0 };
}

function applicationJson(request: BotRequest) {
  const { application } = request;
  return {
    id: application.id,
    name: application.user.username,
    icon: null,
    description: '',
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: application.publicKey,
    flags: 0,
    interactions_endpoint_url: application.interactionsUrl ?? null,
    team: null,
    bot: userJson(application.user),
    install_params: { scopes: ['bot', 'applications.commands'], permissions: '0' },
  };
}
