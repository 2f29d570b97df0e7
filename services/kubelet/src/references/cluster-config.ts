import { Injectable } from '@nestjs/common';
import type { ObjectOf } from '@shiplog/contracts';
import { ClusterView } from '../cluster/cluster-view';
import type { ConfigSource } from '../container/render/env';
import { References } from './references';

/** What containers are configured from: the objects that their pods name, and the services of the cluster. */
@Injectable()
export class ClusterConfig implements ConfigSource {
  constructor(
    private readonly references: References,
    private readonly cluster: ClusterView,
  ) {}

  configMap(namespace: string, name: string): ObjectOf<'configmaps'> | undefined {
    return this.references.configMap(namespace, name);
  }

  secret(namespace: string, name: string): ObjectOf<'secrets'> | undefined {
    return this.references.secret(namespace, name);
  }

  services(): readonly ObjectOf<'services'>[] {
    return this.cluster.services();
  }
}
