// cert-manager's objects. Of @kubernetes-models/cert-manager only the types: its classes would cost each start 40 ms and
// 14 MB, for a check that the API server makes anyway.
import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate';
import type { ICertificateRequest } from '@kubernetes-models/cert-manager/cert-manager.io/v1/CertificateRequest';
import { defineResource, type KubeObject } from '../../../src/kube/index.ts';

export type Certificate = KubeObject & Pick<ICertificate, 'spec' | 'status'>;
export type CertificateRequest = KubeObject & Pick<ICertificateRequest, 'spec' | 'status'>;

const group = { group: 'cert-manager.io', version: 'v1', namespaced: true } as const;

export const certificates = defineResource<Certificate>({
  ...group,
  plural: 'certificates',
  kind: 'Certificate',
});

export const certificateRequests = defineResource<CertificateRequest>({
  ...group,
  plural: 'certificaterequests',
  kind: 'CertificateRequest',
});

/** Labels of Certificates, which cert-manager copies to their requests, and of the Secrets that it writes. */
export const certificateLabels = {
  /** worker | gateway | operator */
  kind: 'skald.dev/certificate',
  /** Hash of the name: names are too long for labels. */
  hash: 'skald.dev/certificate-name',
  /** Whose worker: namespace and Job. */
  namespace: 'skald.dev/worker-namespace',
  job: 'skald.dev/worker-job',
} as const;
