import { join } from 'node:path';
import { LauncherFailure } from './failure';
import { REPOSITORY, settingsFrom } from './settings';

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

  it('takes hollow nodes beside minions or instead of them, and then deploys no sample', () => {
    expect(settingsFrom({}).hollow).toBe(0);
    expect(settingsFrom({}, { hollow: '500' })).toMatchObject({
      minions: 2,
      hollow: 500,
      hollowZones: 0,
      sample: false,
    });
    expect(settingsFrom({ npm_config_hollow: '9', npm_config_hollow_zones: '3' }, { minions: '0' })).toMatchObject({
      minions: 0,
      hollow: 9,
      hollowZones: 3,
    });
    expect(() => settingsFrom({}, { hollow: '20000' })).toThrow(
      '--hollow is "20000", which is no whole number from 0 to 16383.',
    );
    expect(() => settingsFrom({}, { minions: '0' })).toThrow('there are no hollow nodes either');
  });

  it('takes a runtime for all minions, or one for each and the last for the others', () => {
    expect(settingsFrom({}).runtimes).toBeUndefined();
    expect(settingsFrom({ SHIPLOG_RUNTIME: 'docker' }, { runtime: 'containerd' }).runtimes).toEqual(['containerd']);
    expect(settingsFrom({ npm_config_runtime: 'docker,containerd' }).runtimes).toEqual(['docker', 'containerd']);
    expect(() => settingsFrom({}, { runtime: 'docker,podman' })).toThrow(
      '--runtime is "podman", which is none of docker, containerd.',
    );
  });

  it('takes one of the ways that packets reach other nodes’ pods, also from npm, and no other word', () => {
    expect(settingsFrom({}).backend).toBeUndefined();
    expect(settingsFrom({ SHIPLOG_BACKEND: 'vxlan' }, { backend: 'host-gw' }).backend).toBe('host-gw');
    expect(settingsFrom({ npm_config_backend: 'wireguard' }).backend).toBe('wireguard');
    expect(() => settingsFrom({}, { backend: 'ipsec' })).toThrow(
      '--backend is "ipsec", which is none of vxlan, host-gw, wireguard.',
    );
  });

  it('is of one family unless both are asked for, which npm may pass on', () => {
    expect(settingsFrom({}).dualStack).toBe(false);
    expect(settingsFrom({}, { dualStack: true }).dualStack).toBe(true);
    expect(settingsFrom({ SHIPLOG_DUAL_STACK: 'yes' }).dualStack).toBe(true);
    expect(settingsFrom({ npm_config_dual_stack: 'true' }).dualStack).toBe(true);
  });

  it.each([
    ['POD_MTU', '575', 'from 576 to 65535'],
    ['SHIPLOG_SLOT', '-1', 'from 0 to 19'],
    ['SHIPLOG_SLOT', '20', 'from 0 to 19'],
    ['SHIPLOG_SLOT', 'first', 'from 0 to 19'],
    ['API_PORT', '0', 'from 1 to 65535'],
    ['API_PORT', '65536', 'from 1 to 65535'],
    ['API_PORT', '6443/tcp', 'from 1 to 65535'],
  ])('refuses %s=%s with its bounds', (name, value, bounds) => {
    const read = () => settingsFrom({ [name]: value });
    expect(read).toThrow(LauncherFailure);
    expect(read).toThrow(`${name} is "${value}", which is no whole number ${bounds}.`);
  });

  it('takes an empty variable for one that is not set', () => {
    const empty = Object.fromEntries(
      ['NATS_URL', 'DATABASE_URL', 'DOCKER_HOST', 'LOG_LEVEL', 'SHIPLOG_HOME', 'SHIPLOG_CACHE'].map((name) => [
        name,
        '',
      ]),
    );
    expect(settingsFrom(empty)).toEqual(settingsFrom({}));
    expect(settingsFrom({ API_PORT: '', SHIPLOG_SLOT: '', SHIPLOG_MINIONS: '' })).toEqual(settingsFrom({}));
  });

  it('gives each slot a port of its own, and lets the user choose another', () => {
    const ports = Array.from({ length: 10 }, (_, slot) => settingsFrom({ SHIPLOG_SLOT: String(slot) }).apiPort);
    expect(new Set(ports).size).toBe(10);
    expect(settingsFrom({ SHIPLOG_SLOT: '3', API_PORT: '7000' }).apiPort).toBe(7_000);
  });

  it('leaves the sample out for each way of asking for that, npm’s own among them', () => {
    expect(settingsFrom({}, { sample: false }).sample).toBe(false);
    expect(settingsFrom({ SHIPLOG_SAMPLE: 'no' }).sample).toBe(false);
    expect(settingsFrom({ npm_config_sample: '' }).sample).toBe(false);
    expect(settingsFrom({ SHIPLOG_SAMPLE: 'no' }, { sample: true }).sample).toBe(true);
  });

  it('reads `npm start --minions 3`, which npm hands over in the environment, after the environment’s own', () => {
    expect(settingsFrom({ npm_config_minions: '3' }).minions).toBe(3);
    expect(settingsFrom({ npm_config_minions: '3', SHIPLOG_MINIONS: '4' }).minions).toBe(4);
  });

  it('means folders of the repository, from wherever it is called', () => {
    const { home, cache } = settingsFrom({});
    expect([home, cache]).toEqual([join(REPOSITORY, '.shiplog'), join(REPOSITORY, '.shiplog', 'cache')]);
    expect(settingsFrom({ SHIPLOG_HOME: 'other' }).home).toBe(join(REPOSITORY, 'other'));
    expect(settingsFrom({ SHIPLOG_HOME: '/srv/x/../y' }).home).toBe('/srv/y');
  });
});
