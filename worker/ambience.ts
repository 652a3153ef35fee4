/** The sound that loops in the channel, as the campaign says now. */
import type { Reach } from '../src/admission/hosts.ts';
import type { Ambience as AmbienceSettings } from '../src/rpc/generated/skald/v1/gateway.ts';
import { Background } from './audio/background.ts';
import { loadBackground } from './audio/load-background.ts';
import { reachFrom } from './provider/endpoints.ts';
import type { Bed } from './transport/pacer.ts';

export interface AmbienceParts {
  /** What sounds from now on; undefined: nothing. */
  readonly lay: (bed: Bed | undefined) => void;
  /** It cannot be had and why, or works (undefined). */
  readonly health: (failure: string | undefined) => void;
  readonly load?: (url: string, reach: Reach, signal: AbortSignal) => Promise<Int16Array>;
}

export class Ambience {
  private readonly parts: AmbienceParts;
  private loading = new AbortController();
  private samples: { readonly url: string; readonly sound: Int16Array } | undefined;
  private settings = '';
  private background: Background | undefined;

  constructor(parts: AmbienceParts) {
    this.parts = parts;
  }

  /** Nothing is fetched again that is there. */
  configure(settings: AmbienceSettings | undefined): void {
    const text = JSON.stringify(settings ?? null);
    if (text === this.settings) return;
    this.settings = text;
    this.loading.abort(new Error('another sound is wanted'));
    this.loading = new AbortController();
    if (settings === undefined) {
      this.samples = undefined;
      this.parts.health(undefined);
      this.play(undefined);
    } else if (settings.url === this.samples?.url) {
      this.play(new Background(this.samples.sound, settings.volume));
    } else {
      void this.fetch(settings, this.loading.signal);
    }
  }

  /** Somebody at the table speaks. */
  duck(): void {
    this.background?.duck();
  }

  close(): void {
    this.configure(undefined);
  }

  private async fetch({ url, volume, reach }: AmbienceSettings, signal: AbortSignal): Promise<void> {
    const { load = loadBackground } = this.parts;
    try {
      const sound = await load(url, reachFrom(reach), signal);
      if (signal.aborted) return;
      this.samples = { url, sound };
      this.play(new Background(sound, volume));
      this.parts.health(undefined);
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      this.parts.health(`The campaign's ambience cannot be played: ${why}`);
    }
  }

  private play(background: Background | undefined): void {
    this.background = background;
    this.parts.lay(background);
  }
}
