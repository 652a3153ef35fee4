export { ensureDebianPackages } from './debian.ts';
export { ensureTools } from './ensure.ts';
export { type ToolName, toolNames } from './recipes.ts';
