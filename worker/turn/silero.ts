/**
 * Silero VAD v5 on onnxruntime.
 *
 * The model takes 512 new samples at 16 kHz with the 64 before them, and a recurrent state of 2 x 1 x 128;
 * it returns the probability of voice and the next state. One session (the weights) serves every speaker;
 * the state is each speaker's own.
 */
import './no-telemetry.ts';
import * as ort from 'onnxruntime-node';
import { VAD_FRAME } from './speech-detector.ts';

const CONTEXT = 64;
const STATE_SHAPE = [2, 1, 128] as const;

export class SileroModel {
  private readonly session: ort.InferenceSession;
  private readonly rate = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);

  private constructor(session: ort.InferenceSession) {
    this.session = session;
  }

  /** @throws Error when the file is missing or no v5 model. */
  static async load(path: string): Promise<SileroModel> {
    // One thread, no arena: the model takes 0.2 ms a frame, a thread pool and its memory would cost more.
    const session = await ort.InferenceSession.create(path, {
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      enableCpuMemArena: false,
      enableMemPattern: false,
      logSeverityLevel: 3,
    });
    for (const name of ['input', 'state', 'sr']) {
      if (!session.inputNames.includes(name)) {
        throw new Error(`${path} is no Silero VAD v5 model: it has no input "${name}"`);
      }
    }
    const model = new SileroModel(session);
    // The first run allocates; nobody's first word should wait for that.
    await model.stream().probability(new Float32Array(VAD_FRAME));
    return model;
  }

  /** A new speaker's state. */
  stream(): SileroStream {
    return new SileroStream(this.session, this.rate);
  }
}

export class SileroStream {
  private readonly session: ort.InferenceSession;
  private readonly rate: ort.Tensor;
  private state = emptyState();
  private context = new Float32Array(CONTEXT);

  constructor(session: ort.InferenceSession, rate: ort.Tensor) {
    this.session = session;
    this.rate = rate;
  }

  async probability(frame: Float32Array): Promise<number> {
    const input = new Float32Array(CONTEXT + VAD_FRAME);
    input.set(this.context);
    input.set(frame, CONTEXT);
    const result = await this.session.run({
      input: new ort.Tensor('float32', input, [1, input.length]),
      state: this.state,
      sr: this.rate,
    });
    const { output, stateN } = result;
    if (output === undefined || stateN === undefined) throw new Error('the VAD model returned no output');
    this.state = stateN;
    this.context = input.slice(-CONTEXT);
    return Number(output.data[0]);
  }

  reset(): void {
    this.state = emptyState();
    this.context = new Float32Array(CONTEXT);
  }
}

function emptyState(): ort.Tensor {
  return new ort.Tensor('float32', new Float32Array(2 * 128), STATE_SHAPE);
}
