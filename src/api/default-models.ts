/** The models that are asked where neither Tenant nor Campaign names one. */
export const DEFAULT_MODELS = { stt: 'whisper-1', llm: 'gpt-4o-mini', tts: 'tts-1' } as const;
