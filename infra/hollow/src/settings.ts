import { integer, text, type CommonConfig, type ConfigOf } from '@shiplog/service';
import { MOST_NODES } from './domain/node-settings';

/** The settings of the process itself; its nodes have those of a kubelet. */
export const hollowSettings = {
  nodes: integer({
    env: 'HOLLOW_NODES',
    description: 'How many nodes this process is.',
    default: 10,
    min: 1,
    max: MOST_NODES,
  }),
  prefix: text({
    env: 'HOLLOW_NAME',
    description: 'What its nodes are called, before a hyphen and their number.',
    default: 'hollow',
    pattern: /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/,
    example: 'hollow',
  }),
  zones: integer({
    env: 'HOLLOW_ZONES',
    description: 'Over how many zones they are spread, by a label; 0: none has a zone.',
    default: 0,
    max: 1_000,
  }),
  racks: integer({
    env: 'HOLLOW_RACKS',
    description: 'Over how many racks they are spread, of each zone where there are zones; 0: none has a rack.',
    default: 0,
    max: 1_000,
  }),
};

export type HollowConfig = ConfigOf<typeof hollowSettings> & CommonConfig;
