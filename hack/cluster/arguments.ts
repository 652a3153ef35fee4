import { type Layout, network, nodeName } from './layout.ts';

export interface Ports {
  etcd: number;
  etcdPeer: number;
  api: number;
}

// The default of 20 requests a second alone takes the controllers five seconds to start.
const unthrottled = ['--kube-api-qps=300', '--kube-api-burst=600'];

/** Arguments of every program of the local cluster, by program name. */
export function programArguments(paths: Layout, ports: Ports): Record<ProgramName, string[]> {
  const key = (name: string): string => `${paths.keys}/${name}`;
  const client = `https://127.0.0.1:${ports.etcd}`;
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  return {
    etcd: [
      `--data-dir=${paths.etcd}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // Whoever may write to etcd is root on this machine: other users of it must not.
      '--client-cert-auth=true',
      `--trusted-ca-file=${key('ca.crt')}`,
      `--cert-file=${key('etcd.crt')}`,
      `--key-file=${key('etcd.key')}`,
      '--peer-client-cert-auth=true',
      `--peer-trusted-ca-file=${key('ca.crt')}`,
      `--peer-cert-file=${key('etcd.crt')}`,
      `--peer-key-file=${key('etcd.key')}`,
      '--unsafe-no-fsync=true',
      '--log-level=warn',
    ],
    'kube-apiserver': [
      `--etcd-servers=${client}`,
      `--etcd-cafile=${key('ca.crt')}`,
      `--etcd-certfile=${key('etcd.crt')}`,
      `--etcd-keyfile=${key('etcd.key')}`,
      `--bind-address=${network.nodeAddress}`,
      `--advertise-address=${network.nodeAddress}`,
      `--secure-port=${ports.api}`,
      `--tls-cert-file=${key('apiserver.crt')}`,
      `--tls-private-key-file=${key('apiserver.key')}`,
      `--client-ca-file=${key('ca.crt')}`,
      `--token-auth-file=${key('tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      '--kubelet-preferred-address-types=InternalIP',
      `--kubelet-certificate-authority=${key('ca.crt')}`,
      `--kubelet-client-certificate=${key('apiserver-kubelet.crt')}`,
      `--kubelet-client-key=${key('apiserver-kubelet.key')}`,
      `--service-cluster-ip-range=${network.serviceCidr}`,
      `--service-account-issuer=https://kubernetes.default.svc.${network.clusterDomain}`,
      `--service-account-key-file=${key('service-account.pub')}`,
      `--service-account-signing-key-file=${key('service-account.key')}`,
    ],
    'kube-controller-manager': [
      `--kubeconfig=${key('controller-manager.kubeconfig')}`,
      `--service-account-private-key-file=${key('service-account.key')}`,
      `--root-ca-file=${key('ca.crt')}`,
      '--use-service-account-credentials=true',
      `--flex-volume-plugin-dir=${paths.folder}/volume-plugins`,
      '--leader-elect=false',
      '--secure-port=0',
      ...unthrottled,
    ],
    'kube-scheduler': [
      `--kubeconfig=${key('scheduler.kubeconfig')}`,
      `--authentication-kubeconfig=${key('scheduler.kubeconfig')}`,
      `--authorization-kubeconfig=${key('scheduler.kubeconfig')}`,
      '--leader-elect=false',
      '--secure-port=0',
      ...unthrottled,
    ],
    containerd: [`--config=${paths.folder}/containerd.toml`],
    kubelet: [
      `--config=${paths.folder}/kubelet.json`,
      `--kubeconfig=${key('kubelet.kubeconfig')}`,
      `--root-dir=${paths.kubelet}`,
      `--cert-dir=${paths.keys}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${network.nodeAddress}`,
    ],
    'kube-proxy': [
      `--kubeconfig=${key('proxy.kubeconfig')}`,
      '--proxy-mode=nftables',
      `--hostname-override=${nodeName}`,
      `--cluster-cidr=${network.podCidr}`,
      // The host's connection tracking keeps its own limits.
      '--conntrack-max-per-core=0',
      '--conntrack-min=0',
      '--conntrack-tcp-timeout-established=0s',
      '--conntrack-tcp-timeout-close-wait=0s',
      '--healthz-bind-address=',
      `--metrics-bind-address=${network.nodeAddress}:10249`,
    ],
  };
}

export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'containerd'
  | 'kubelet'
  | 'kube-proxy';
