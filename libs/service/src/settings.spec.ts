import { choice, describeSettings, duration, flag, integer, optionalText, parsed, readConfig, text } from './settings';

const settings = {
  url: text({ env: 'URL', description: 'Where it is.', pattern: /^nats:/, example: 'nats://host' }),
  count: integer({ env: 'COUNT', description: 'How many.', default: 3, min: 1, max: 9 }),
  wait: duration({ env: 'WAIT', description: 'How long.', default: '5s' }),
  mode: choice({ env: 'MODE', description: 'Which way.', of: ['fast', 'safe'], default: 'safe' }),
  loud: flag({ env: 'LOUD', description: 'Whether.', default: false }),
  extra: optionalText({ env: 'EXTRA', description: 'Or not.' }),
};

describe('settings', () => {
  it('take their defaults', () => {
    expect(readConfig(settings, { URL: 'nats://a' })).toEqual({
      url: 'nats://a',
      count: 3,
      wait: 5_000,
      mode: 'safe',
      loud: false,
      extra: undefined,
    });
  });

  it('read durations in the units people write', () => {
    const wait = (given: string) => readConfig({ wait: settings.wait }, { WAIT: given }).wait;
    expect([wait('250ms'), wait('2'), wait('1.5s'), wait('2m'), wait('1h')]).toEqual([
      250, 2_000, 1_500, 120_000, 3_600_000,
    ]);
  });

  it('may stand for anything that is read from a text, also their default', () => {
    const read = (given: string) => (/^\d+x\d+$/.test(given) ? given.split('x').map(Number) : new Error('is no size'));
    const size = parsed({ env: 'SIZE', description: 'How large.', default: '2x3', read });
    expect(readConfig({ size }, {})).toEqual({ size: [2, 3] });
    expect(readConfig({ size }, { SIZE: '4x5' })).toEqual({ size: [4, 5] });
    expect(() => readConfig({ size }, { SIZE: 'large' })).toThrow('SIZE is no size');
    expect(describeSettings({ size })).toContain('(default 2x3)');
  });

  it('everything that is wrong is said at once: which, and why', () => {
    const wrong = { URL: 'http://a', COUNT: '12', WAIT: 'soon', MODE: 'quick', LOUD: 'maybe' };
    expect(() => readConfig(settings, wrong)).toThrow(
      [
        'URL is "http://a", which is not of the form nats://host',
        'COUNT is "12", which is not a whole number from 1 to 9',
        'WAIT is "soon", which is not a duration such as 250ms, 5s or 2m',
        'MODE is "quick", which is none of fast, safe',
        'LOUD is "maybe", which is neither true nor false',
      ].join('\n'),
    );
  });

  it('a missing one says what it is for', () => {
    expect(() => readConfig(settings, {})).toThrow('URL must be set: Where it is.');
  });

  it('the help names each with its default', () => {
    expect(describeSettings(settings)).toContain('COUNT  How many. (default 3)');
    expect(describeSettings(settings)).toContain('URL    Where it is. (required)');
  });

  it('a text that is set and empty counts as not given', () => {
    expect(() => readConfig(settings, { URL: '' })).toThrow('URL must be set');
    expect(readConfig(settings, { URL: 'nats://a', COUNT: '', EXTRA: '' })).toMatchObject({
      count: 3,
      extra: undefined,
    });
  });

  it.each(['0', '10', '1.5', '-1', '9007199254740993', 'three', ' '])(
    'a whole number from 1 to 9 is not "%s"',
    (given) => {
      expect(() => readConfig({ count: settings.count }, { COUNT: given })).toThrow(
        `COUNT is "${given}", which is not a whole number from 1 to 9`,
      );
    },
  );

  it.each(['5 s', '-5s', 's', '5d', '1e3', 'NaN'])('a duration is not "%s"', (given) => {
    expect(() => readConfig({ wait: settings.wait }, { WAIT: given })).toThrow('which is not a duration');
  });

  it('a duration below its bound is refused, and one at its bound is taken', () => {
    const grace = duration({ env: 'GRACE', description: 'How long.', default: '1s', minMs: 500 });
    expect(readConfig({ grace }, { GRACE: '500ms' }).grace).toBe(500);
    expect(() => readConfig({ grace }, { GRACE: '499ms' })).toThrow('GRACE is "499ms", which is shorter than 500 ms');
  });

  it('a default that is no duration is found when the setting is declared', () => {
    expect(() => duration({ env: 'GRACE', description: 'How long.', default: 'soon' })).toThrow('not a duration');
  });

  it('flags are taken as people write them', () => {
    const loud = (given: string) => readConfig({ loud: settings.loud }, { LOUD: given }).loud;
    expect(['1', 'true', 'YES', 'On'].map(loud)).toEqual([true, true, true, true]);
    expect(['0', 'False', 'no', 'OFF'].map(loud)).toEqual([false, false, false, false]);
  });

  it('a pattern without an example is shown itself', () => {
    const name = text({ env: 'NAME', description: 'Who.', pattern: /^[a-z]+$/ });
    expect(() => readConfig({ name }, { NAME: '7' })).toThrow('NAME is "7", which is not of the form /^[a-z]+$/');
  });
});
