import { Injectable } from '@nestjs/common';
import type { ObjectOf, ServiceAccountTokenProjection } from '@shiplog/contracts';
import { PodTokens } from '../account-tokens/pod-tokens';
import { ClusterView } from '../cluster/cluster-view';
import type { ConfigSource } from '../container/render/env';
import { References } from './references';

/** What containers are configured from: the objects that their pods name, and the services of the cluster. */
@Injectable()
export class ClusterConfig implements ConfigSource {
  constructor(
    private readonly references: References,
    private readonly cluster: ClusterView,
    private readonly tokens: PodTokens,
  ) {}

  configMap(namespace: string, name: string): ObjectOf<'configmaps'> | undefined {
    return this.references.configMap(namespace, name);
  }

  secret(namespace: string, name: string): ObjectOf<'secrets'> | undefined {
    return this.references.secret(namespace, name);
  }

  claim(namespace: string, name: string): ObjectOf<'persistentvolumeclaims'> | undefined {
    return this.references.claim(namespace, name);
  }

  volume(name: string): ObjectOf<'persistentvolumes'> | undefined {
    return this.references.volume(name);
  }

  accountToken(podUid: string, projection: ServiceAccountTokenProjection): string | undefined {
    return this.tokens.token(podUid, projection);
  }

  services(): readonly ObjectOf<'services'>[] {
    return this.cluster.services();
  }

  nodeLabels(): Readonly<Record<string, string>> {
    return this.cluster.node()?.metadata.labels ?? {};
  }
}
