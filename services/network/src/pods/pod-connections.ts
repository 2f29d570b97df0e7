import { Injectable } from '@nestjs/common';
import { StatusError, type AttachReply, type AttachRequest, type DetachRequest } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { OverlaySync } from '../overlay/overlay-sync';
import type { PodInterfaces } from './pod-interfaces';

/** How long a request waits for the bridge: shorter than its sender's patience, so that it hears why. */
const WAIT_MS = 2_500;

/** The node's bridge with its pods' interfaces, and the pod network that they are of. */
interface Bridge {
  readonly interfaces: PodInterfaces;
  readonly podCidr: string;
}

/** Connects and disconnects pods once the bridge stands; the rules of their ports are written before the answer. */
@Injectable()
export class PodConnections {
  #bridge: Bridge | undefined;
  readonly #waiting = new Set<(bridge: Bridge) => void>();

  constructor(private readonly sync: OverlaySync) {}

  /** The bridge stands: requests are answered from here on. */
  ready(bridge: Bridge): void {
    this.#bridge = bridge;
    for (const resolve of this.#waiting) resolve(bridge);
    this.#waiting.clear();
  }

  async attach(request: AttachRequest): Promise<AttachReply> {
    const bridge = await this.#whenReady();
    const { hostPorts = [] } = request;
    const reply = await bridge.interfaces.attach({ ...request, hostPorts });
    if (hostPorts.length > 0) await this.#portsChanged(bridge);
    return reply;
  }

  async detach({ uid }: DetachRequest): Promise<Record<string, never>> {
    const bridge = await this.#whenReady();
    if (await bridge.interfaces.detach(uid)) await this.#portsChanged(bridge);
    return {};
  }

  #portsChanged({ interfaces, podCidr }: Bridge): Promise<void> {
    return this.sync.writeRules(podCidr, () => interfaces.ports(), { anyway: false });
  }

  #whenReady(): Promise<Bridge> {
    if (this.#bridge !== undefined) return Promise.resolve(this.#bridge);
    return new Promise((resolve, reject) => {
      const ready = (bridge: Bridge): void => {
        clearTimeout(timer);
        resolve(bridge);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(ready);
        reject(new StatusError(statusOf.unavailable('the node has no pod network yet')));
      }, WAIT_MS);
      this.#waiting.add(ready);
    });
  }
}
