/** Of what containerd tells of its configuration, what the kubelet goes by. */
export interface RuntimeInfo {
  readonly sandboxImage: string;
  /** The OCI runtimes that it may be asked for, by name. */
  readonly handlers: readonly string[];
  readonly cgroupDriver: 'cgroupfs' | 'systemd';
}

interface CriConfig {
  readonly sandboxImage?: string;
  readonly systemdCgroup?: boolean;
  readonly containerd?: null | {
    readonly defaultRuntimeName?: string;
    readonly runtimes?: Readonly<Record<string, { readonly options?: { readonly SystemdCgroup?: boolean } }>>;
  };
}

/** @param text JSON, as the runtime's status has it for who asks for more; anything else tells nothing */
export function runtimeInfoOf(text: string | undefined): RuntimeInfo {
  const { sandboxImage = '', systemdCgroup = false, containerd } = configOf(text);
  const { runtimes = {}, defaultRuntimeName = 'runc' } = containerd ?? {};
  const isSystemd = systemdCgroup || runtimes[defaultRuntimeName]?.options?.SystemdCgroup === true;
  return { sandboxImage, handlers: Object.keys(runtimes), cgroupDriver: isSystemd ? 'systemd' : 'cgroupfs' };
}

function configOf(text: string | undefined): CriConfig {
  try {
    return (JSON.parse(text ?? '{}') as CriConfig | null) ?? {};
  } catch {
    return {};
  }
}
