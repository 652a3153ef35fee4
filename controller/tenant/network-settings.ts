import { z } from 'zod';

const cidrs = z.array(z.union([z.cidrv4(), z.cidrv6()])).default([]);
const port = z.number().int().min(1).max(65_535);

/** Settings of the NetworkPolicies in the tenants' namespaces. The chart's own, in the system namespace, follow them. */
export const networkPolicySettings = z
  .object({
    enabled: z.boolean().default(true),
    /** Whose pods may read workers' metrics. */
    monitoringNamespaces: z.array(z.string().min(1)).default(['monitoring']),
    /** Networks that workers may reach besides the Internet: Discord or providers behind a proxy, a simulator. */
    allowedCidrs: cidrs,
    /** Networks of pods, Services and nodes that are not private addresses: they are not the Internet either. */
    clusterCidrs: cidrs,
    /** Who answers the pods' questions for names. */
    dns: z
      .object({
        namespace: z.string().min(1).default('kube-system'),
        podLabels: z.record(z.string(), z.string()).default({ 'k8s-app': 'kube-dns' }),
        /** Caches outside of pods; 169.254.20.10 is where node-local ones listen by convention. */
        cidrs: cidrs.default(['169.254.20.10/32']),
        /** Of the pods, which is not always the Service's. */
        ports: z.array(port).min(1).default([53]),
      })
      .prefault({}),
    /** Where gateways of tenants' own reach the Kubernetes API, behind its Service. No network: any address. */
    apiServer: z.object({ cidrs, ports: z.array(port).min(1).default([443, 6443]) }).prefault({}),
    /** Where PostgreSQL is when the DSN has a name. No network: wherever such a name can lead. */
    database: z.object({ cidrs }).prefault({}),
  })
  .prefault({});

export type NetworkPolicySettings = z.infer<typeof networkPolicySettings>;
