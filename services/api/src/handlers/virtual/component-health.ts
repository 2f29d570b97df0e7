import { Inject, Injectable } from '@nestjs/common';
import type { Bus } from '@shiplog/bus';
import { HealthOfService, type ComponentStatus, type StoredObject } from '@shiplog/contracts';
import { statusOf } from '@shiplog/apimachinery';
import { BUS } from '@shiplog/service';
import { JournalContact } from '../../cache/journal-contact';
import { throwStatus } from '../../rest/errors';
import type { Selection } from '../../rest/options';
import { select } from '../../rest/select';
import type { VirtualSource } from './virtual-source';

/** How long a service may take to say how it is, in milliseconds. */
const PATIENCE_MS = 1_000;
const COMPONENTS = { group: '', plural: 'componentstatuses', kind: 'ComponentStatus' };

/**
 * How the parts are that Kubernetes calls components: the scheduler and the controllers by their own word, and the journal,
 * which keeps the state, in etcd's place, by whether it is heard of.
 */
@Injectable()
export class ComponentHealth implements VirtualSource {
  readonly warning = 'v1 ComponentStatus is deprecated in v1.19+';

  constructor(
    @Inject(BUS) private readonly bus: Pick<Bus, 'ask'>,
    private readonly journal: JournalContact,
  ) {}

  async list(selection: Selection): Promise<readonly StoredObject[]> {
    return select(await this.#all(), selection);
  }

  async get(_namespace: string, name: string): Promise<StoredObject> {
    const found = (await this.#all()).find(({ metadata }) => metadata.name === name);
    return found ?? throwStatus(statusOf.notFound(COMPONENTS, name));
  }

  /** In the order of their names. */
  async #all(): Promise<readonly StoredObject[]> {
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
