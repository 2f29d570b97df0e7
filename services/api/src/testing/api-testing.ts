import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import type { Bus } from '@shiplog/bus';
import { ClusterState } from '@shiplog/cluster';
import type { StoredObject } from '@shiplog/contracts';
import { makeSigningKeys } from '@shiplog/pki';
import { BUS, CONFIG, HEALTH, Health, LOGGER } from '@shiplog/service';
import { pino } from 'pino';
import { ClusterCache } from '../cache/cluster-cache';
import { CommonModule } from '../common/common.module';
import type { ApiConfig } from '../settings';
import { TOKEN } from './rig';

/** A token file and the settings that a part of the api needs; `remove` takes the file away. */
export function testConfig(more: Partial<ApiConfig> = {}): { config: ApiConfig; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'shiplog-api-part-'));
  const tokenFile = join(folder, 'tokens.csv');
  writeFileSync(tokenFile, `${TOKEN},admin,1,"system:masters"\n`);
  const accountKeyFile = join(folder, 'sa.key');
  writeFileSync(accountKeyFile, makeSigningKeys().privateKey, { mode: 0o600 });
  const config = {
    advertiseAddress: '192.0.2.1',
    port: 6443,
    tokenFile,
    accountKeyFile,
    accountPublicKeysFile: '',
    accountIssuer: 'https://kubernetes.default.svc.cluster.local',
    apiAudiences: '',
    oidcIssuerUrl: '',
    clientCaFile: '',
    rootCaFile: '',
    readConsistency: 'projection',
    watchWindow: 16,
    watchWindowBytes: 1_000_000,
    journalSilence: 5_000,
    commandTimeout: 1_000,
    maxConnections: 16,
    maxReads: 8,
    maxWrites: 8,
    seats: 16,
    maxSessions: 8,
    bootstrap: false,
    ...more,
  } as ApiConfig;
  return { config, remove: () => rmSync(folder, { recursive: true }) };
}

/** A copy of the cluster that holds some objects of the log's position 7, and does not change. */
export function clusterOf(
  pods: readonly StoredObject[],
  others: Readonly<Record<string, readonly StoredObject[]>> = {},
): Pick<ClusterCache, 'isOpen' | 'opened' | 'projection' | 'catalog'> {
  const state = new ClusterState();
  for (const [resource, objects] of Object.entries({ pods, ...others })) {
    for (const object of objects) state.put(resource, object);
  }
  const projection = {
    position: 7,
    state,
    onApplied: () => () => undefined,
    get: state.get.bind(state),
    list: state.list.bind(state),
    waitFor: () => Promise.reject(new Error('nothing more comes')),
  };
  return {
    isOpen: true,
    // Nothing that goes on by itself begins.
    opened: new Promise(() => undefined),
    catalog: state.catalog,
    projection: projection as unknown as ClusterCache['projection'],
  };
}

/** A journal that is heard of, and says nothing else. */
const QUIET = { hear: () => ({ unsubscribe: () => undefined }), ask: () => Promise.resolve({ position: 7 }) };

/** A testing module of some of the api's modules, over a bus and a copy of the cluster that the test made up. */
export function testingModule(
  imports: ModuleMetadata['imports'],
  {
    bus,
    config,
    cluster,
  }: { bus: Partial<Bus>; config: ApiConfig; cluster: Pick<ClusterCache, 'isOpen' | 'projection'> },
): TestingModuleBuilder {
  const providers = [
    { provide: BUS, useValue: { ...QUIET, ...bus } },
    { provide: CONFIG, useValue: config },
    { provide: HEALTH, useValue: new Health('api', 'test') },
    { provide: LOGGER, useValue: pino({ level: 'silent' }) },
  ];
  @Global()
  @Module({ providers, exports: providers })
  class Context {}
  return Test.createTestingModule({ imports: [Context, CommonModule, ...(imports ?? [])] })
    .overrideProvider(ClusterCache)
    .useValue(cluster);
}
