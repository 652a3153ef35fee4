import { type Layout, network } from './layout.ts';

/** containerd with nothing of the host's: own root, state, socket, runc root and network namespaces. */
export function containerdConfig(
  paths: Layout,
  options: { pauseImage: string; snapshotter: 'overlayfs' | 'native'; cniPrograms: string },
): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const text = JSON.stringify; // A TOML basic string.
  return `version = 2
root = ${text(paths.containerdRoot)}
state = ${text(paths.containerdState)}
[grpc]
  address = ${text(paths.containerdSocket)}
[plugins."io.containerd.internal.v1.opt"]
  path = ${text(`${paths.containerdRoot}/opt`)}
[${cri}]
  sandbox_image = ${text(options.pauseImage)}
  # Without CAP_SYS_RESOURCE runc may not lower a score and dies with an unrelated message.
  restrict_oom_score_adj = true
  # So that unmounting our own folder ends every network namespace.
  netns_mounts_under_state_dir = true
[${cri}.cni]
  bin_dir = ${text(options.cniPrograms)}
  conf_dir = ${text(paths.cniConfig)}
[${cri}.containerd]
  snapshotter = ${text(options.snapshotter)}
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
  Root = ${text(`${paths.containerdState}/runc`)}
  SystemdCgroup = false
`;
}

/** Bridge network of the node's pods. Masquerading is our own nftables table's, so that no iptables chain is made. */
export function cniConfig(paths: Layout): string {
  return JSON.stringify({
    cniVersion: '1.0.0',
    name: paths.podNetwork,
    plugins: [
      {
        type: 'bridge',
        bridge: network.bridge,
        isGateway: true,
        // A pod may reach itself through its own Service.
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: paths.ipam,
          ranges: [[{ subnet: network.podCidr }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });
}

export function kubeletConfig(paths: Layout, cgroupRoot: string, port = 10_250): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    port,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${paths.keys}/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${paths.keys}/kubelet.crt`,
    tlsPrivateKeyFile: `${paths.keys}/kubelet.key`,
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // Mounted Secrets follow in seconds; a real kubelet's default takes 60-90 s.
    syncFrequency: '5s',
    clusterDNS: [network.dnsAddress],
    clusterDomain: network.clusterDomain,
    resolvConf: `${paths.folder}/resolv.conf`,
    podLogsDir: paths.podLogs,
    volumePluginDir: `${paths.folder}/volume-plugins`,
    healthzPort: 0,
    readOnlyPort: 0,
    // Images come from archives: one that is collected cannot be pulled again.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    maxPods: 200,
    // No chains of its own in the host's iptables.
    makeIPTablesUtilChains: false,
    serializeImagePulls: false,
  };
}
