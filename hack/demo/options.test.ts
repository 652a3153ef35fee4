import { describe, expect, it } from 'vitest';
import { parseDemoOptions, realDiscord, UsageError } from './options.ts';

describe('demo options', () => {
  it('refuses a WAV file that does not exist instead of speaking its name', () => {
    expect(() => parseDemoOptions(['--say', 'nowhere.wav', '--campaign', 'package.json'])).toThrow(
      UsageError,
    );
  });

  it('names the campaign file that is missing', () => {
    expect(() => parseDemoOptions(['--campaign', 'nowhere.yaml'])).toThrow('nowhere.yaml');
  });

  it('refuses an option it does not know', () => {
    expect(() => parseDemoOptions(['--sing'])).toThrow(UsageError);
  });

  it('gives nothing when help is asked for', () => {
    expect(parseDemoOptions(['--help'])).toBeUndefined();
  });
});

describe('the real Discord', () => {
  it('is not used when nothing is set', () => {
    expect(realDiscord({})).toBeUndefined();
  });

  it('says what is missing when only a part is set', () => {
    expect(() => realDiscord({ DISCORD_BOT_TOKEN: 'x' })).toThrow(
      'DISCORD_APPLICATION_ID and DISCORD_GUILD_ID',
    );
  });

  it('refuses an id that is none, without repeating the token', () => {
    const settings = {
      DISCORD_BOT_TOKEN: 'hush',
      DISCORD_APPLICATION_ID: 'abc',
      DISCORD_GUILD_ID: '123456789012345678',
    };
    expect(() => realDiscord(settings)).toThrow(/^DISCORD_APPLICATION_ID is not/);
  });
});
