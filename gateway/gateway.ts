/**
 * One gateway, put together: Kubernetes caches, tenants, and the gRPC server that workers dial. main.ts
 * gives it its settings; tests run it in-process.
 */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type GatewayPlace, gatewayAddress, gatewayReference } from '../src/api/index.ts';
import { type Client, type Clock, Informers, systemClock } from '../src/kube/index.ts';
import type { Hello } from '../src/rpc/generated/skald/v1/gateway.ts';
import { InteractionServiceService, StatusServiceService } from '../src/rpc/generated/skald/v1/gateway.ts';
import type { Identity, TrustDomain } from '../src/rpc/identity.ts';
import { SERVER_OPTIONS } from '../src/rpc/limits.ts';
import type { PemFiles, PemIdentity } from '../src/rpc/pem-identity.ts';
import { tlsRefusals } from '../src/rpc/refusal.ts';
import { serverIdentity } from '../src/rpc/server-identity.ts';
import { TlsDoor } from '../src/rpc/tls-door.ts';
import { type DatabaseUrl, GatewaySessionStore } from '../src/store/index.ts';
import type { HealthChecks } from '../src/telemetry/health.ts';
import type { Logger } from '../src/telemetry/log.ts';
import type { FeedbackMetrics } from './commands/feedback/metrics.ts';
import { type ConnectionMetrics, noConnectionMetrics } from './connections/metrics.ts';
import { Refusals } from './connections/refusals.ts';
import { DialPacer } from './discord/dial-pacer.ts';
import { InvalidRequests } from './discord/invalid-requests.ts';
import { Forwarder, interactionService } from './interactions/http/forwarding.ts';
import { HttpInteractions } from './interactions/http/http-interactions.ts';
import { guard, MeasuredGatewayService } from './limits/guard.ts';
import { Limited } from './limits/limited.ts';
import { defaultLimits, type GatewayLimits } from './limits/limits.ts';
import { Turnstile } from './limits/turnstile.ts';
import { type Listener, listen, type Turnstiles } from './listener.ts';
import { pause } from './pause.ts';
import { tenants } from './resources.ts';
import { type Admission, admit } from './sessions/admission.ts';
import { attachService, statusService } from './sessions/attach-service.ts';
import { TenantDirectory } from './tenants/tenant-directory.ts';
import type { GatewayVault } from './tenants/tenant-vault.ts';

export interface GatewayOptions {
  readonly place: GatewayPlace;
  /** The only tenant that it may serve. @defaultValue whichever are assigned to it */
  readonly tenant?: string | undefined;
  readonly systemNamespace: string;
  readonly client: Client;
  readonly log: Logger;
  readonly metrics?: ConnectionMetrics;
  readonly clock?: Clock;
  /** Without the version, e.g. https://discord.com/api. */
  readonly apiUrl: string;
  readonly databaseUrl: DatabaseUrl | undefined;
  /** Undefined: the installation has none. */
  readonly vault?: GatewayVault | undefined;
  readonly feedback?: FeedbackMetrics;
  readonly trustDomain: TrustDomain;
  readonly tls: PemFiles;
  readonly tlsReloadMs?: number;
  /** Address that gRPC binds, host:port; port 0 takes a free one. */
  readonly listen: string;
  /** Port that other gateways are reached at, for redirects. */
  readonly redirectPort: number;
  /** host:port that Discord's requests arrive at. @defaultValue none: interactions come over websockets and other gateways */
  readonly interactionsListen?: string;
  /** host:port of another gateway's Service. @defaultValue the Service's name in the cluster */
  readonly addressOf?: (place: GatewayPlace) => string;
  /** @defaultValue {@link defaultLimits} */
  readonly limits?: Partial<GatewayLimits>;
}

export interface Gateway {
  /** Port that gRPC listens at. */
  readonly port: number;
  readonly readyz: HealthChecks;
  readonly directory: TenantDirectory;
  readonly limited: Limited;
  /** What Discord posts. */
  readonly interactions: HttpInteractions;
  /** Ends streams with UNAVAILABLE (workers dial the next pod), disconnects the bots, stops the caches. May be called again. */
  close(): Promise<void>;
}

/** @throws {Error} when the TLS files cannot be used or the port cannot be bound. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { client, log, trustDomain, systemNamespace } = options;
  const gateway = gatewayReference(options.place);
  const clock = options.clock ?? systemClock;
  const closed = new AbortController();
  const informers = new Informers({ client, clock, log });
  const tenantInformer = informers.get(
    tenants,
    options.tenant === undefined ? {} : { fieldSelector: `metadata.name=${options.tenant}` },
  );
  const sessions = options.databaseUrl === undefined ? undefined : sessionStore(options.databaseUrl);
  const directory = new TenantDirectory({
    gateway,
    tenants: tenantInformer,
    client,
    clock,
    log,
    apiUrl: options.apiUrl,
    databaseUrl: options.databaseUrl,
    commons: {
      pacer: new DialPacer(),
      invalidRequests: new InvalidRequests(),
      sessions,
    },
    vault: options.vault,
    feedback: options.feedback,
  });
  const metrics = options.metrics ?? noConnectionMetrics;
  const refusals = new Refusals(log, metrics);
  let listener: Listener | undefined;
  const limits = { ...defaultLimits, ...options.limits };
  const limited = new Limited(log);
  const interceptor = guard({
    limits,
    trustDomain,
    onRefused: (reason, peer, why) => limited.report(reason, peer, why),
    cutOff: (address, port) => listener?.cutOff(address, port),
  });
  const server = new Server({ ...SERVER_OPTIONS, interceptors: [interceptor] });
  const { door, identity } = await openDoor(server, options, { refusals, metrics, signal: closed.signal });

  const decide = (identity: Identity | undefined, hello: Hello): Admission => {
    const worker = identity?.kind === 'worker' ? identity : undefined;
    const tenant = worker === undefined ? undefined : directory.tenantOf(worker.namespace);
    const scope = tenant === undefined ? undefined : directory.scopeOf(tenant.metadata.name);
    const session = worker === undefined ? undefined : scope?.sessionOfJob(worker.jobName);
    return admit({
      identity,
      hello,
      gateway,
      systemNamespace,
      port: options.redirectPort,
      tenant,
      ready: scope?.ready ?? false,
      session,
      attachedPodUid: session === undefined ? undefined : scope?.attachedPodUid(session),
    });
  };
  server.addService(
    MeasuredGatewayService,
    attachService({
      trustDomain,
      log,
      refusals,
      metrics,
      admit: decide,
      runtime: ({ session, tenant }) => {
        const scope = directory.scopeOf(tenant.metadata.name);
        if (scope === undefined) throw new Error(`tenant ${tenant.metadata.name} was served a moment ago`);
        return scope.runtime(session);
      },
      parking: ({ tenant }) => {
        const scope = directory.scopeOf(tenant.metadata.name);
        if (scope === undefined) throw new Error(`tenant ${tenant.metadata.name} was served a moment ago`);
        return scope.parking;
      },
    }),
  );
  server.addService(
    StatusServiceService,
    statusService({ trustDomain, refusals, statusOf: (tenant) => directory.statusOf(tenant) }),
  );

  const { addressOf = addressIn(systemNamespace, options.redirectPort) } = options;
  const interactions = new HttpInteractions({
    directory,
    gateway,
    log,
    now: () => clock.now(),
    forwarder: new Forwarder({ trustDomain, log, addressOf, identity }),
  });
  server.addService(
    InteractionServiceService,
    interactionService({ trustDomain, refusals, deliver: (request) => interactions.deliver(request) }),
  );

  try {
    if (options.interactionsListen !== undefined) await interactions.listen(options.interactionsListen);
    listener = await listen(options.listen, (socket) => door.accept(socket), turnstileOf(limits, limited));
  } catch (cause) {
    closed.abort();
    server.forceShutdown();
    await interactions.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the gateway cannot listen: ${why}`, { cause });
  }
  const { port, stopListening, close } = listener;
  informers.start(closed.signal);
  let listening = true;
  const closeAll = async (): Promise<void> => {
    listening = false;
    await interactions.close();
    const tenantsClosed = await within(TENANTS_GRACE_MS, directory.close());
    if (!tenantsClosed) log.error({ afterMs: TENANTS_GRACE_MS }, 'Some tenants did not close in time; left');
    await sessions?.close();
    stopListening();
    await shutDown(server);
    close();
    closed.abort();
    await informers.stopped();
  };
  let closing: Promise<void> | undefined;
  log.info({ port, gateway }, 'Gateway listens');

  return {
    port,
    directory,
    limited,
    interactions,
    readyz: {
      caches: () => (tenantInformer.hasSynced ? undefined : 'the cache of Tenants is not filled yet'),
      grpc: () => (listening ? undefined : 'gRPC is closed'),
    },
    close: () => (closing ??= closeAll()),
  };
}

/** Little time each: a gateway that is told to end has not much, and a fresh session is no disaster. */
function sessionStore(url: DatabaseUrl): GatewaySessionStore {
  return new GatewaySessionStore({
    url,
    applicationName: 'skald-gateway',
    maxConnections: 4,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 3_000,
  });
}

interface DoorParts {
  readonly refusals: Refusals;
  readonly metrics: ConnectionMetrics;
  readonly signal: AbortSignal;
}

/** TLS in front of gRPC. @throws {Error} when the TLS files cannot be used. */
async function openDoor(
  server: Server,
  { tls, tlsReloadMs, log }: Pick<GatewayOptions, 'tls' | 'tlsReloadMs' | 'log'>,
  { refusals, metrics, signal }: DoorParts,
): Promise<{ readonly door: TlsDoor; readonly identity: () => PemIdentity }> {
  // What is injected has been through the door: TLS is done, the client verified. Nothing else reaches the injector.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  let current = await serverIdentity(tls, {
    signal,
    ...(tlsReloadMs === undefined ? {} : { intervalMs: tlsReloadMs }),
    onChange: (next) => {
      door.replace(next);
      current = next;
      log.info('TLS certificate reloaded');
    },
    onError: (error) => log.warn({ err: error }, 'TLS certificate could not be reloaded; the old one stays'),
  });
  const door: TlsDoor = new TlsDoor({
    identity: current,
    onConnection: (socket) => injector.injectConnection(socket),
    onRefused: ({ reason, peer, detail }) => {
      refusals.report(reason, peer, `${tlsRefusals[reason]} (${detail})`);
    },
    onEnded: (why, peer) => {
      metrics.ended(why);
      log.warn({ ...peer, reason: why }, 'A connection was ended: its certificate counts no more');
    },
  });
  return { door, identity: () => current };
}

function addressIn(systemNamespace: string, port: number): (place: GatewayPlace) => string {
  return (place) => gatewayAddress(`{gateway}.{namespace}.svc:${port}`, place, systemNamespace);
}

/** At the TCP port, before a handshake. */
function turnstileOf(limits: GatewayLimits, limited: Limited): Turnstiles {
  const turnstile = new Turnstile(limits, () => performance.now());
  return {
    admit: (host, port) => {
      const entry = turnstile.enter(host);
      if (typeof entry === 'function') return entry;
      limited.report(entry, { address: `${host}:${port}` }, 'the connection was closed before its handshake');
      return false;
    },
  };
}

/** Longest wait for bots and caches to close, milliseconds: each has a shorter limit of its own. */
const TENANTS_GRACE_MS = 10_000;
/** Longest wait for open streams to end, milliseconds. */
const STREAMS_GRACE_MS = 2_000;

async function shutDown(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  if (!(await within(STREAMS_GRACE_MS, ended))) server.forceShutdown();
}

/** Whether it was done in this time, milliseconds. */
async function within(limitMs: number, work: Promise<void>): Promise<boolean> {
  const over = new AbortController();
  const done = work.then(() => true);
  const late = pause(limitMs, over.signal).then(() => false);
  return await Promise.race([done, late]).finally(() => over.abort());
}
