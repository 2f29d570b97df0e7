import type { ConfigMap, Secret, ServiceAccount } from '@shiplog/contracts';
import { ageOf } from '../duration';
import { AGE, count, NAME, text, type Printer } from './column';

export const configMapPrinter: Printer<ConfigMap> = {
  columns: [NAME, count('Data', 'How many entries it has.'), AGE],
  cells: (map, now) => [
    map.metadata.name ?? '',
    Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
    ageOf(map.metadata.creationTimestamp, now),
  ],
};

export const secretPrinter: Printer<Secret> = {
  columns: [NAME, text('Type', 'What the entries are for.'), count('Data', 'How many entries it has.'), AGE],
  cells: (secret, now) => [
    secret.metadata.name ?? '',
    secret.type ?? 'Opaque',
    Object.keys(secret.data ?? {}).length,
    ageOf(secret.metadata.creationTimestamp, now),
  ],
};

export const serviceAccountPrinter: Printer<ServiceAccount> = {
  columns: [NAME, count('Secrets', 'How many secrets it names.'), AGE],
  cells: (account, now) => [
    account.metadata.name ?? '',
    account.secrets?.length ?? 0,
    ageOf(account.metadata.creationTimestamp, now),
  ],
};
