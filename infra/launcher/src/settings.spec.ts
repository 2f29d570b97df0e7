import { LauncherFailure } from './failure';
import { settingsFrom } from './settings';

describe('the settings of a cluster on this machine', () => {
  it('has two minions, the sample and the usual port when nothing is said', () => {
    expect(settingsFrom({})).toMatchObject({ slot: 0, minions: 2, sample: true, apiPort: 6443, natsUrl: undefined });
  });

  it('lets a flag win over the environment', () => {
    expect(settingsFrom({ SHIPLOG_MINIONS: '4' }, { minions: '3' }).minions).toBe(3);
    expect(settingsFrom({ SHIPLOG_MINIONS: '4' }).minions).toBe(4);
  });

  it.each(['0', '-1', 'two', '1.5', '99'])('refuses %s minions with a sentence', (minions) => {
    expect(() => settingsFrom({}, { minions })).toThrow(LauncherFailure);
    expect(() => settingsFrom({}, { minions })).toThrow(`--minions is "${minions}"`);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(settingsFrom({ NATS_URL: '', DOCKER_HOST: '' })).toMatchObject({
      natsUrl: undefined,
      dockerHost: undefined,
    });
  });
});
