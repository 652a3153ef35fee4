// What the generated TypeScript types are called. A path that is not named here gets the kind's name
// plus the property's: VoiceSession's `spec.requestedBy` is VoiceSessionRequestedBy.

/** Hand-written in src/api, because every kind has them. */
export const IMPORTED: Readonly<Record<string, { readonly type: string; readonly from: string }>> = {
  metadata: { type: 'ObjectMeta', from: '../metadata.ts' },
  'status.conditions[]': { type: 'Condition', from: '../conditions.ts' },
};

/** One type for one schema that occurs several times; generated into shared.ts. By the last part of the path. */
export const SHARED: Readonly<Record<string, string>> = {
  apiKeySecretRef: 'SecretKeyRef',
  vault: 'VaultRef',
  spendPerSession: 'SpendLimit',
  spendPerMonth: 'SpendLimit',
};

/** By kind and path. */
export const NAMED: Readonly<Record<string, string>> = {
  'Tenant spec.discord': 'TenantDiscord',
  'Tenant spec.discord.botTokenSecretRef': 'BotTokenSecretRef',
  'Tenant spec.worker.resources': 'ResourceRequirements',
  'Tenant spec.worker.tolerations[]': 'Toleration',
  'Tenant spec.providers.stt': 'TenantSttProvider',
  'Tenant spec.providers.stt.fallback': 'TenantSttFallback',
  'Tenant spec.providers.llm': 'TenantLlmProvider',
  'Tenant spec.providers.llm.fallback': 'TenantLlmFallback',
  'Tenant spec.providers.tts': 'TenantTtsProvider',
  'Tenant spec.providers.tts.fallback': 'TenantTtsFallback',
  'Tenant spec.providers.moderation': 'TenantModerationProvider',
  'Tenant spec.providers.moderation.fallback': 'TenantModerationFallback',
  'Tenant spec.providers.speechToSpeech': 'TenantSpeechToSpeechProvider',
  'Tenant spec.providers.speechToSpeech.fallback': 'TenantSpeechToSpeechFallback',
  'Campaign spec.npcs[]': 'Npc',
  'Campaign spec.npcs[].voice': 'NpcVoice',
  'Campaign spec.entities[]': 'Entity',
  'Campaign spec.entitiesFrom': 'EntitiesFrom',
  'Campaign spec.entitiesFrom.configMapRef': 'ConfigMapKeyRef',
  'Campaign spec.mcpServers[]': 'McpServer',
  'Campaign spec.providers.stt': 'CampaignSttProvider',
  'Campaign spec.providers.stt.fallback': 'CampaignSttFallback',
  'Campaign spec.providers.llm': 'CampaignLlmProvider',
  'Campaign spec.providers.llm.fallback': 'CampaignLlmFallback',
  'Campaign spec.providers.tts': 'CampaignTtsProvider',
  'Campaign spec.providers.tts.fallback': 'CampaignTtsFallback',
  'Campaign spec.providers.moderation': 'CampaignModerationProvider',
  'Campaign spec.providers.moderation.fallback': 'CampaignModerationFallback',
  'Campaign spec.providers.speechToSpeech': 'CampaignSpeechToSpeechProvider',
  'Campaign spec.providers.speechToSpeech.fallback': 'CampaignSpeechToSpeechFallback',
  'Campaign spec.players[]': 'Player',
  'Campaign spec.onSessionEnd[]': 'SessionEndHook',
  'Campaign spec.onSessionEnd[].workflowTemplateRef': 'WorkflowTemplateRef',
  'VoiceSession spec.campaignRef': 'CampaignRef',
  'VoiceSession status.worker': 'VoiceSessionWorker',
  'VoiceSession status.voice': 'VoiceSessionVoice',
  'VoiceSession status.result': 'VoiceSessionResult',
};
