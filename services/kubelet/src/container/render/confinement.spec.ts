import type { PodSecurityContext, SecurityContext } from '@shiplog/contracts';
import { container, pod } from '../../testing/builders';
import { renderConfinement, seccompOf } from './confinement';

const render = (own: SecurityContext, whole: PodSecurityContext = {}, profile?: string) =>
  renderConfinement(pod({ securityContext: whole }), container({ securityContext: own }), profile);

describe('how a container is confined', () => {
  it.each<[SecurityContext, PodSecurityContext, unknown]>([
    [{}, {}, { seccomp: 'default' }],
    [
      { seccompProfile: { type: 'RuntimeDefault' } },
      { seccompProfile: { type: 'Unconfined' } },
      { seccomp: 'default' },
    ],
    [{}, { seccompProfile: { type: 'Unconfined' } }, { seccomp: 'unconfined' }],
    [{ appArmorProfile: { type: 'Unconfined' } }, {}, { seccomp: 'default', appArmor: 'unconfined' }],
    [{}, { appArmorProfile: { type: 'Localhost', localhostProfile: 'web' } }, { seccomp: 'default', appArmor: 'web' }],
  ])('is what %j, else %j of the pod asks for', (own, whole, expected) => {
    expect(render(own, whole)).toEqual(expected);
  });

  it('is a profile of the node, where one is named', () => {
    const seccompProfile = { type: 'Localhost', localhostProfile: 'web.json' };
    expect(render({ seccompProfile }, {}, '{}')).toEqual({ seccomp: { profile: '{}' } });
    expect(seccompOf(pod(), container({ securityContext: { seccompProfile, privileged: true } }))).toBeUndefined();
  });

  it.each<[SecurityContext, PodSecurityContext, RegExp]>([
    [{ seLinuxOptions: { level: 's0:c1' } }, {}, /SELinux is not enabled/],
    [{}, { seLinuxOptions: { type: 't' } }, /SELinux is not enabled/],
    [{ procMount: 'Unmasked' }, {}, /procMount Unmasked/],
    [{}, { windowsOptions: { runAsUserName: 'web' } }, /node runs Linux/],
    [{ windowsOptions: { hostProcess: true } }, {}, /node runs Linux/],
  ])('is refused for %j and %j of the pod', (own, whole, message) => {
    expect(() => render(own, whole)).toThrow(message);
  });

  it.each<[SecurityContext, PodSecurityContext]>([
    [{ seLinuxOptions: {} }, {}],
    [{ seLinuxOptions: {} }, { seLinuxOptions: { level: 's0' } }],
    [{ procMount: 'Default', windowsOptions: { hostProcess: false } }, {}],
  ])('is not refused for what asks for nothing: %j, %j', (own, whole) => {
    expect(render(own, whole)).toEqual({ seccomp: 'default' });
  });
});
