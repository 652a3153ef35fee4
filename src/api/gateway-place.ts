// Where a tenant's gateway runs, and what it is called there.

/** StatefulSet, Service and ServiceAccount; a slot's have its number behind it. */
const STEM = 'skald-gateway';

/**
 * A slot of the installation (topology `shared`), which lives in the system namespace and serves many tenants; or a
 * gateway of the tenant's own (topology `dedicated`), which lives in the tenant's namespace and serves nobody else.
 */
export type GatewayPlace =
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'dedicated'; readonly namespace: string };

export function slotPlace(slot: number): GatewayPlace {
  return { kind: 'slot', slot };
}

export function dedicatedPlace(namespace: string): GatewayPlace {
  return { kind: 'dedicated', namespace };
}

/** Whether the tenant is to have a gateway of its own, and is not being deleted. */
export function isDedicated(tenant: {
  readonly metadata?: { readonly deletionTimestamp?: string };
  readonly spec: { readonly topology: string };
}): boolean {
  return tenant.spec.topology === 'dedicated' && tenant.metadata?.deletionTimestamp === undefined;
}

/** StatefulSet, Service and ServiceAccount: `skald-gateway-2`, or `skald-gateway` in the tenant's namespace. */
export function gatewayName(place: GatewayPlace): string {
  return place.kind === 'slot' ? `${STEM}-${place.slot}` : STEM;
}

export function gatewayNamespace(place: GatewayPlace, systemNamespace: string): string {
  return place.kind === 'slot' ? systemNamespace : place.namespace;
}

/** The Secret with the gateway's server certificate, in its namespace. */
export function gatewayTlsSecretName(place: GatewayPlace): string {
  return `${gatewayName(place)}-tls`;
}

/** As it stands in `Tenant.status.gateway`: `skald-gateway-2`, or `<namespace>/skald-gateway`. */
export function gatewayReference(place: GatewayPlace): string {
  return place.kind === 'slot' ? gatewayName(place) : `${place.namespace}/${gatewayName(place)}`;
}

/** Undefined for what is no reference. */
export function parseGatewayReference(text: string | undefined): GatewayPlace | undefined {
  if (text === undefined) return undefined;
  const slot = /^skald-gateway-(0|[1-9]\d{0,4})$/.exec(text)?.[1];
  if (slot !== undefined) return slotPlace(Number(slot));
  const namespace = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/skald-gateway$/.exec(text)?.[1];
  return namespace === undefined ? undefined : dedicatedPlace(namespace);
}

/**
 * host:port of its Service.
 * @param template with `{gateway}` and `{namespace}`, e.g. `{gateway}.{namespace}.svc:8443`
 */
export function gatewayAddress(template: string, place: GatewayPlace, systemNamespace: string): string {
  return template
    .replaceAll('{gateway}', gatewayName(place))
    .replaceAll('{namespace}', gatewayNamespace(place, systemNamespace));
}

export function sameGateway(a: GatewayPlace, b: GatewayPlace): boolean {
  return gatewayReference(a) === gatewayReference(b);
}
