/** A VoiceSession that has gone through its life, as the API server returns it. */
export function serverSession(index: number): object {
  const hex = index.toString(16).padStart(12, '0');
  const second = new Date(Date.UTC(2030, 0, 1) + index * 1000).toISOString().replace('.000', '');
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    observedGeneration: 2,
    lastTransitionTime: second,
  });
  const owned = { 'f:type': {}, 'f:status': {}, 'f:reason': {}, 'f:message': {}, 'f:lastTransitionTime': {} };
  const types = ['Admitted', 'CertificateIssued', 'WorkerScheduled', 'Ready'];
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'VoiceSession',
    metadata: {
      name: `session-${index}`,
      namespace: `skald-tenant-${index % 50}`,
      uid: `6f9619ff-8b86-d011-b42d-${hex}`,
      resourceVersion: `${100_000 + index}`,
      generation: 2,
      creationTimestamp: second,
      finalizers: ['skald.dev/session'],
      labels: { 'skald.dev/campaign': `campaign-${index % 200}` },
      managedFields: [
        {
          manager: 'skald-gateway',
          operation: 'Update',
          apiVersion: 'skald.dev/v1alpha1',
          time: second,
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { '.': {}, 'f:campaignRef': { '.': {}, 'f:name': {} }, 'f:guildId': {} } },
        },
        {
          manager: 'skald-controller',
          operation: 'Apply',
          apiVersion: 'skald.dev/v1alpha1',
          time: second,
          fieldsType: 'FieldsV1',
          fieldsV1: {
            'f:status': {
              'f:phase': {},
              'f:reason': {},
              'f:startedAt': {},
              'f:observedGeneration': {},
              'f:worker': { 'f:jobName': {}, 'f:podName': {}, 'f:certificateExpiry': {} },
              'f:conditions': Object.fromEntries(types.map((type) => [`k:{"type":"${type}"}`, owned])),
            },
          },
          subresource: 'status',
        },
      ],
    },
    spec: {
      mode: 'Live',
      desiredState: 'Running',
      campaignRef: { name: `campaign-${index % 200}` },
      guildId: `${100_000_000_000_000_000 + index}`,
      voiceChannelId: `${200_000_000_000_000_000 + index}`,
      requestedBy: { userId: '300000000000000001', interactionId: `${400_000_000_000_000_000 + index}` },
    },
    status: {
      phase: 'Active',
      reason: 'Listening',
      observedGeneration: 2,
      startedAt: second,
      activeAt: second,
      worker: {
        jobName: `session-${index}-${hex.slice(4)}`,
        podName: `session-${index}-${hex.slice(4)}-x7x2c`,
        podUID: `7f9619ff-8b86-d011-b42d-${hex}`,
        nodeName: `node-${index % 20}`,
        certificateExpiry: second,
      },
      voice: {
        connected: true,
        state: 'Listening',
        podUID: `7f9619ff-8b86-d011-b42d-${hex}`,
        configRevision: hex,
      },
      conditions: [
        condition('Admitted', 'True', 'Admitted', 'The session holds its Discord server and its campaign.'),
        condition(
          'CertificateIssued',
          'True',
          'Issued',
          `The worker's certificate is valid until ${second}.`,
        ),
        condition('WorkerScheduled', 'True', 'Scheduled', `Pod session-${index} runs on node-${index % 20}.`),
        condition('Ready', 'True', 'Listening', 'The worker listens.'),
      ],
    },
  };
}
