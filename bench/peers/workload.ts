// The work that every contender does for one Session: which Secret, Job and status it gets. Pure, and without any
// runtime's modules, so that each contender can use it whatever it runs on. The Go peer has the same in Go; a test
// compares what both leave behind.
import type { Job, KubeObject, Live, Secret } from '../../src/kube/index.ts';

export const GROUP = 'bench.skald.dev';
export const VERSION = 'v1';
export const KIND = 'Session';
export const PLURAL = 'sessions';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** On every child; contenders that can watch only these do so. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const MANAGED_BY = 'skald-bench';
export const CHILD_SELECTOR = `${MANAGED_BY_LABEL}=${MANAGED_BY}`;

export interface SessionStatus {
  phase?: string;
  observedRevision?: number;
  jobName?: string;
}

export interface Session extends KubeObject {
  spec: { guildId: string; campaign: string; revision: number; note?: string };
  status?: SessionStatus;
}

/** What the children are made from. */
export interface Parent {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export function parentOf({ metadata }: Live<Session>): Parent {
  const { namespace = '', name, uid } = metadata;
  return { namespace, name, uid };
}

export const jobName = (session: string): string => `${session}-worker`;
export const secretName = (session: string): string => `${session}-session`;

/** Some 1.5 KB of data: a certificate, its key and its CA, by their size. */
export function sessionSecret(parent: Parent): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(parent, secretName(parent.name)),
    type: 'Opaque',
    data: {
      'tls.crt': certificate,
      'tls.key': key,
      'ca.crt': authority,
      session: Buffer.from(parent.name).toString('base64'),
    },
  };
}

/** As large as a worker's Job of the product, and of the same parts. */
export function workerJob(parent: Parent): Job {
  const labels = childLabels(parent);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: childMetadata(parent, jobName(parent.name)),
    spec: {
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: 'Failed',
      backoffLimit: 6,
      activeDeadlineSeconds: 14_880,
      podFailurePolicy: {
        rules: [
          {
            action: 'FailJob',
            onExitCodes: { containerName: 'worker', operator: 'In', values: [64, 65, 69] },
          },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Ignore', onExitCodes: { containerName: 'worker', operator: 'In', values: [143] } },
        ],
      },
      template: {
        metadata: { labels, finalizers: [`${GROUP}/result`] },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 30,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'worker',
              image: 'registry.example/skald:bench',
              imagePullPolicy: 'IfNotPresent',
              command: ['node', 'skald.js', 'worker'],
              env: [
                { name: 'SKALD_SESSION', value: parent.name },
                { name: 'SKALD_SESSION_UID', value: parent.uid },
                { name: 'SKALD_GATEWAY', value: 'skald-gateway-0.skald-system.svc:8443' },
                { name: 'SKALD_TRUST_DOMAIN', value: 'skald.local' },
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              ],
              ports: [{ name: 'health', containerPort: 8080 }],
              resources: {
                requests: { cpu: '250m', memory: '256Mi' },
                limits: { memory: '512Mi' },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              readinessProbe: {
                httpGet: { path: '/readyz', port: 'health' },
                periodSeconds: 2,
                timeoutSeconds: 2,
              },
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              volumeMounts: [
                { name: 'session', mountPath: '/var/run/skald/session', readOnly: true },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'session', secret: { secretName: secretName(parent.name), defaultMode: 0o440 } },
            { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
          ],
        },
      },
    },
  };
}

export function activeStatus(name: string, revision: number): Required<SessionStatus> {
  return { phase: 'Active', observedRevision: revision, jobName: jobName(name) };
}

/** The status says already what it should. */
export function isReported(status: SessionStatus | undefined, wanted: Required<SessionStatus>): boolean {
  return (
    status?.phase === wanted.phase &&
    status.observedRevision === wanted.observedRevision &&
    status.jobName === wanted.jobName
  );
}

function childLabels({ name, uid }: Parent): Record<string, string> {
  return {
    [MANAGED_BY_LABEL]: MANAGED_BY,
    'app.kubernetes.io/component': 'worker',
    [`${GROUP}/session`]: name,
    [`${GROUP}/session-uid`]: uid,
  };
}

function childMetadata(parent: Parent, name: string) {
  const owner = {
    apiVersion: API_VERSION,
    kind: KIND,
    name: parent.name,
    uid: parent.uid,
    controller: true,
    blockOwnerDeletion: false,
  };
  return { name, namespace: parent.namespace, labels: childLabels(parent), ownerReferences: [owner] };
}

const certificate = pem('CERTIFICATE', 10);
const key = pem('PRIVATE KEY', 3);
const authority = pem('CERTIFICATE', 8);

function pem(label: string, lines: number): string {
  const line = `${'0123456789abcdef'.repeat(4)}\n`;
  const text = `-----BEGIN ${label}-----\n${line.repeat(lines)}-----END ${label}-----\n`;
  return Buffer.from(text).toString('base64');
}
