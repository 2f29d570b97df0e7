import type { Static } from '@sinclair/typebox';
import type { SIGNALS } from './messages/signals';

type Declared = (typeof SIGNALS)[number];
/** What travels on the bus and is never logged. */
export type Signals = { [M in Declared as M['name']]: Static<M['payload']> };
export type SignalName = keyof Signals;
