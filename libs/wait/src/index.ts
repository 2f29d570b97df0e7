/** Trying again: back-offs, loops that bring something up to date, loops that never end; work that is waited for until it does not matter any more. */
export { BackOff, backOffMs, KeyedBackOff, type BackOffBounds } from './back-off';
export { keepRunning, type KeepRunningOptions } from './keep-running';
export { orAborted } from './or-aborted';
export { pause } from './pause';
export { SyncLoop, type SyncLoopOptions } from './sync-loop';
