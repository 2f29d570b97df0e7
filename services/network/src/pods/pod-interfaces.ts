import type { AttachReply, AttachRequest, HostPort } from '@shiplog/contracts';
import { batch, ProgramError, withInput, type HostNetwork } from '@shiplog/hostnet';
import type { Logger } from 'pino';
import { hostInterface, portGroup } from '../domain/names';
import type { Observed, ObservedLink } from '../domain/observed';
import type { PodPorts } from '../domain/rules';
import { IpamPool } from '../domain/ipam';
import { KeyedMutex } from './keyed-mutex';
import { namespaceOf, processesIn } from './pod-namespace';
import {
  groupCommand,
  podEndCommands,
  hostEndCommands,
  POD_SETTINGS_V6,
  mendCommands,
  readVeths,
  vethDefect,
  type Attachment,
  type VethInput,
} from '../domain/veth';

/** The node's bridge, as far as the veths in it need it. */
export interface BridgeInfo {
  readonly podCidr: string;
  /** In a dual-stack cluster. */
  readonly podCidrV6?: string | undefined;
  readonly mtu: number;
}

/** Hears of pods around their connection. */
export interface PodGuard {
  /** Before a pod's first packet can flow; when it rejects the pod is not connected. */
  connecting(uid: string, ip: string, ipv6?: string): Promise<void>;
  /** After its last. */
  disconnected?(uid: string): void;
}

interface Attached extends Attachment {
  readonly hostPorts: readonly HostPort[];
  /** Made or asked for since this process started: no pod list can be too old to know it. */
  readonly fresh: boolean;
}

/** Gives pods their address and their veth pair to the bridge, and takes them away. One operation per pod at a time. */
export class PodInterfaces {
  readonly #pods = new Map<string, Attached>();
  readonly #perPod = new KeyedMutex();
  #orphansBefore = new Set<string>();
  readonly #ipam: IpamPool;
  readonly #prefix: number;
  #mtu: number;

  constructor(
    bridge: BridgeInfo,
    private readonly network: HostNetwork,
    private readonly logger: Logger,
    private readonly guards: readonly PodGuard[] = [],
  ) {
    this.#ipam = new IpamPool(bridge.podCidr, bridge.podCidrV6);
    this.#prefix = Number(bridge.podCidr.split('/')[1]);
    this.#mtu = bridge.mtu;
  }

  /** Takes over what an earlier process left in the kernel; `hostPortsOf` tells what pods publish. */
  async recover(observed: Observed, hostPortsOf: (uid: string) => readonly HostPort[]): Promise<void> {
    const { attached, unfinished } = readVeths(observed.links);
    for (const attachment of attached) {
      if (!this.#ipam.keep(attachment.ip)) {
        this.logger.warn({ uid: attachment.uid, ip: attachment.ip }, 'a pod has an address of another network');
      }
      this.#pods.set(attachment.uid, { ...attachment, hostPorts: hostPortsOf(attachment.uid), fresh: false });
    }
    for (const name of unfinished) await this.#removeLink(name);
    const groups = new Map(observed.links.map(({ ifname, group }) => [ifname, group]));
    // Of an earlier version: rules are about to come that know pods by the groups of their ports.
    const ungrouped = attached.filter(({ uid, ip }) => groups.get(hostInterface(uid)) !== String(portGroup(ip)));
    await batch(this.network, 'ip', ungrouped.map(groupCommand));
    this.logger.info(
      { pods: attached.length, unfinished: unfinished.length },
      'interfaces of pods found in the kernel',
    );
  }

  /** Connects a pod; the same again answers the same. Throws when its process is gone or no address is free. */
  attach(request: AttachRequest): Promise<AttachReply> {
    return this.#perPod.run(request.uid, () => this.#attach(request));
  }

  /** Disconnects a pod; nothing happens when it isn't connected. Answers whether it published ports. */
  detach(uid: string): Promise<boolean> {
    return this.#perPod.run(uid, async () => {
      const pod = this.#pods.get(uid);
      await this.#removeLink(hostInterface(uid));
      this.#pods.delete(uid);
      if (pod !== undefined) this.#free(uid, pod.ip);
      return (pod?.hostPorts.length ?? 0) > 0;
    });
  }

  /** The pods that are connected, with their addresses. */
  connected(): Pick<Attachment, 'uid' | 'ip' | 'ipv6'>[] {
    return [...this.#pods.values()].map(({ uid, ip, ipv6 }) => ({ uid, ip, ...(ipv6 === undefined ? {} : { ipv6 }) }));
  }

  /** Every published port, for the rules. */
  ports(): PodPorts[] {
    return [...this.#pods.values()].filter((pod) => pod.hostPorts.length > 0);
  }

  /** Pods that are connected. */
  get count(): number {
    return this.#pods.size;
  }

  /**
   * Connected pods that the cluster doesn't know, to be disconnected. One that was asked for since this process started
   * may be younger than the pod list: it has to be unknown in two rounds.
   */
  orphans(known: ReadonlySet<string>): string[] {
    const unknown = [...this.#pods.values()].filter((pod) => !known.has(pod.uid));
    const found = unknown.filter((pod) => !pod.fresh || this.#orphansBefore.has(pod.uid)).map((pod) => pod.uid);
    this.#orphansBefore = new Set(unknown.map((pod) => pod.uid));
    return found;
  }

  /**
   * Makes the veths of connected pods as they should be, by what was seen in the kernel: one that somebody deleted is made
   * again, one whose bridge was made again is plugged in, and all get the MTU of the bridge. Throws when one could not be.
   */
  async mend(links: readonly ObservedLink[], mtu: number): Promise<void> {
    this.#mtu = mtu;
    const byName = new Map(links.map((link) => [link.ifname, link]));
    const wrong = [...this.#pods.values()].filter(({ uid, ip }) => vethDefect(byName.get(hostInterface(uid)), ip, mtu));
    if (wrong.length === 0) return;
    const processes = await processesIn(new Set(wrong.map(({ namespace }) => namespace)));
    for (const { uid } of wrong) await this.#perPod.run(uid, () => this.#mend(uid, processes));
  }

  /** Looks again first: the pod may have been connected or disconnected meanwhile. */
  async #mend(uid: string, processes: ReadonlyMap<string, number>): Promise<void> {
    const pod = this.#pods.get(uid);
    const pid = processes.get(pod?.namespace ?? '');
    // A pod without a process has ended: the kubelet says what becomes of it.
    if (pod === undefined || pid === undefined) return;
    const defect = vethDefect(await this.#linkOf(uid), pod.ip, this.#mtu);
    if (defect === undefined) return;
    const veth = this.#vethOf(pod, pid);
    if (defect === 'gone') await this.#connect(veth);
    else await this.network.script(mendScript(veth));
    this.logger.warn({ uid, ip: pod.ip, defect, mtu: this.#mtu }, 'the interface of a pod was put right');
  }

  async #attach(request: AttachRequest): Promise<AttachReply> {
    const { uid, pid, hostPorts = [] } = request;
    const started = performance.now();
    const namespace = await namespaceOf(pid);
    const before = this.#pods.get(uid);
    const { gateway } = this.#ipam;
    const reply = ({ ip, ipv6 }: Pick<Attachment, 'ip' | 'ipv6'>): AttachReply =>
      ipv6 === undefined ? { ip, gateway } : { ip, ips: [ip, ipv6], gateway };
    if (before?.namespace === namespace && (await this.#linkOf(uid)) !== undefined) {
      this.#pods.set(uid, { ...before, hostPorts, fresh: true });
      return reply(before);
    }
    if (before !== undefined) await this.#removeLink(hostInterface(uid));
    const ip = before?.ip ?? this.#ipam.take();
    const ipv6 = this.#ipam.v6Of(ip);
    const attachment = { uid, ip, ...(ipv6 === undefined ? {} : { ipv6 }), namespace };
    try {
      await Promise.all(this.guards.map((guard) => guard.connecting(uid, ip, ipv6)));
      await this.#connect(this.#vethOf(attachment, pid));
    } catch (error) {
      await this.#removeLink(hostInterface(uid));
      this.#pods.delete(uid);
      this.#free(uid, ip);
      throw error;
    }
    this.#pods.set(uid, { ...attachment, hostPorts, fresh: true });
    const ms = Math.round((performance.now() - started) * 10) / 10;
    this.logger.info({ pod: `${request.namespace}/${request.name}`, uid, ip, ipv6, ms }, 'pod connected');
    return reply(attachment);
  }

  #vethOf({ uid, ip, ipv6, namespace }: Attachment, pid: number): VethInput {
    const { gateway, v6 } = this.#ipam;
    return { uid, ip, ipv6, namespace, pid, gateway, prefix: this.#prefix, v6, mtu: this.#mtu };
  }

  #free(uid: string, ip: string): void {
    for (const guard of this.guards) guard.disconnected?.(uid);
    this.#ipam.release(ip);
  }

  async #connect(veth: VethInput): Promise<void> {
    try {
      await this.network.script(vethScript(veth));
    } catch (error) {
      if (!isAbout(error, 'File exists')) throw error;
      await this.#removeLink(hostInterface(veth.uid));
      await this.network.script(vethScript(veth));
    }
  }

  /** The node's end of a pod's veth; undefined when there is none. */
  async #linkOf(uid: string): Promise<ObservedLink | undefined> {
    try {
      const shown = await this.network.script(`ip -j -d address show dev ${hostInterface(uid)}`);
      return (JSON.parse(shown) as ObservedLink[]).find(({ ifname }) => ifname === hostInterface(uid));
    } catch (error) {
      if (isAbout(error, 'does not exist')) return undefined;
      throw error;
    }
  }

  async #removeLink(name: string): Promise<void> {
    try {
      await this.network.script(`ip link delete dev ${name}`);
    } catch (error) {
      // A pod's namespace takes its end of the pair, and with it the other.
      if (!isAbout(error, 'Cannot find device')) throw error;
    }
  }
}

/** Both ends in one go: the node's, and only if that went well the pod's. */
function vethScript(veth: VethInput): string {
  const settings = veth.ipv6 === undefined ? [] : POD_SETTINGS_V6;
  return onBothEnds(veth.pid, hostEndCommands(veth), podEndCommands(veth), settings);
}

function mendScript(veth: VethInput): string {
  return onBothEnds(veth.pid, mendCommands(veth), [`link set eth0 mtu ${veth.mtu}`]);
}

/** `settings` of the pod's namespace are made 0 between both; those that can't be are as they are. */
function onBothEnds(
  pid: number,
  host: readonly string[],
  pod: readonly string[],
  settings: readonly string[] = [],
): string {
  const zero = `for file in ${settings.join(' ')}; do echo 0 > $file; done 2> /dev/null; exec ip -batch -`;
  const inPod = settings.length === 0 ? 'ip -batch -' : `sh -c '${zero}'`;
  return [
    `if ${withInput('ip -batch -', host.join('\n'))}`,
    `then ${withInput(`nsenter --net=/proc/${pid}/ns/net ${inPod}`, pod.join('\n'))}`,
    'else false; fi',
  ].join('\n');
}

function isAbout(error: unknown, words: string): boolean {
  return error instanceof ProgramError && error.said.includes(words);
}
