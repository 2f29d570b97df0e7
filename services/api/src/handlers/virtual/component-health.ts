import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { HealthOfService, type ComponentStatus, type StoredObject } from '@shiplog/contracts';
import { BUS } from '@shiplog/service';
import { JournalContact } from '../../cache/journal-contact';

/** How long a service may take to say how it is, in milliseconds. */
const PATIENCE_MS = 1_000;

/**
 * How the parts are that Kubernetes calls components: the scheduler and the controllers by their own word, and the journal,
 * which keeps the state, in etcd's place, by whether it is heard of.
 */
@Injectable()
export class ComponentHealth {
  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'ask'>,
    private readonly journal: JournalContact,
  ) {}

  /** In the order of their names. */
  async all(): Promise<readonly StoredObject[]> {
    const [controller, scheduler] = await Promise.all([this.#of('controller'), this.#of('scheduler')]);
    const silence = this.journal.staleReason();
    const journal = silence === undefined ? healthy('ok') : unhealthy(silence);
    return [
      statusOfComponent('controller-manager', controller),
      statusOfComponent('etcd-0', journal),
      statusOfComponent('scheduler', scheduler),
    ];
  }

  async #of(service: 'controller' | 'scheduler'): Promise<Health> {
    try {
      const { ready, detail } = await this.bus.ask(
        HealthOfService,
        {},
        { component: service },
        { timeoutMs: PATIENCE_MS },
      );
      return ready ? healthy(detail) : unhealthy(detail);
    } catch {
      return unhealthy(`no ${service} answers`);
    }
  }
}

interface Health {
  readonly status: 'True' | 'False';
  readonly message: string;
}

const healthy = (message: string): Health => ({ status: 'True', message });
const unhealthy = (message: string): Health => ({ status: 'False', message });

/** It is of no moment: it has no version, and was never made. */
function statusOfComponent(name: string, health: Health): StoredObject {
  const status: ComponentStatus = {
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name },
    conditions: [{ type: 'Healthy', ...health }],
  };
  return status as unknown as StoredObject;
}
