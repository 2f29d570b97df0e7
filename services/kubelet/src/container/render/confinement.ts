import type { Container, SeccompProfile } from '@shiplog/contracts';
import type { Pod } from '../../domain/pod';
import { ContainerConfigError } from '../start-failure';

/** What a container's security options are once all that they name has been read. */
export interface Confinement {
  /** `default`: the engine's own filter; with `profile`, a filter of the node's, as JSON. */
  readonly seccomp: 'default' | 'unconfined' | { readonly profile: string };
  /** The AppArmor profile; absent: the engine's own. */
  readonly appArmor?: string;
}

/** The seccomp profile that holds for a container. Nothing confines a privileged one. */
export function seccompOf(pod: Pod, { securityContext = {} }: Container): SeccompProfile | undefined {
  if (securityContext.privileged === true) return undefined;
  return securityContext.seccompProfile ?? pod.spec?.securityContext?.seccompProfile;
}

/** @param profile the text of the node's file that the seccomp profile names, if it does */
export function renderConfinement(pod: Pod, container: Container, profile: string | undefined): Confinement {
  refuseUnenforceable(pod, container);
  const type = seccompOf(pod, container)?.type;
  return {
    seccomp: profile !== undefined ? { profile } : type === 'Unconfined' ? 'unconfined' : 'default',
    ...renderAppArmor(pod, container),
  };
}

/** That the node has AppArmor, the pod's admission has seen to. */
function renderAppArmor(pod: Pod, { securityContext = {} }: Container): Pick<Confinement, 'appArmor'> {
  const asked = securityContext.appArmorProfile ?? pod.spec?.securityContext?.appArmorProfile;
  if (asked?.type === 'Unconfined') return { appArmor: 'unconfined' };
  return asked?.type === 'Localhost' ? { appArmor: asked.localhostProfile } : {};
}

/** What no engine here enforces is refused: run without it, a container would be less confined than its pod says. */
function refuseUnenforceable(pod: Pod, { name, securityContext: own = {} }: Container): void {
  const whole = pod.spec?.securityContext ?? {};
  const refuse = (asked: string): never => {
    throw new ContainerConfigError(`container ${JSON.stringify(name)} asks for ${asked}`);
  };
  if (saysAnything(own.seLinuxOptions ?? whole.seLinuxOptions))
    refuse('seLinuxOptions, and SELinux is not enabled on the host');
  if (own.procMount === 'Unmasked') refuse('procMount Unmasked, which this node does not support');
  const windows = own.windowsOptions ?? whole.windowsOptions;
  if (windows !== undefined && (windows.hostProcess === true || saysAnything({ ...windows, hostProcess: undefined })))
    refuse('windowsOptions, and the node runs Linux');
}

function saysAnything(options: object | undefined): boolean {
  return Object.values(options ?? {}).some((value) => value !== undefined && value !== '');
}
