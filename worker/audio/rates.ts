/** Rates and sizes of Discord's audio and of what listens to it; apart from the codec, which is heavy to load. */

/** What speech recognition and the voice-activity model take, hertz. */
export const LISTEN_RATE = 16_000;
/** What Discord takes, hertz. */
export const SPEAK_RATE = 48_000;
/** Samples per channel in Discord's 20 ms frame. */
export const SPEAK_FRAME = 960;
/** Duration of one frame, milliseconds. */
export const FRAME_MS = 20;
/** Opus "nothing to hear"; five of them end an utterance so that receivers do not interpolate its tail. */
export const SILENCE_FRAME: Buffer = Buffer.from([0xf8, 0xff, 0xfe]);
