import { isAnswered, type Answered, type Call, type Operation } from './operation';

/**
 * One Kubernetes object as a sequential thing: absent, or the value of some write. Which version a value has is not a
 * part of the state, because each write has one version; `floor` is: an object's versions only grow.
 */
export interface Register {
  /** Of the write that the object has its value of; undefined: there is no object. */
  readonly token: string | undefined;
  /** The highest version so far, also of values that are gone. */
  readonly floor: number;
}

export const ABSENT: Register = { token: undefined, floor: 0 };

/** The versions that somebody saw. */
export interface SeenVersions {
  /** Of writes, by token. */
  readonly of: ReadonlyMap<string, number>;
  readonly all: ReadonlySet<number>;
}

/** The state after an operation, or undefined when it can't have been answered so in this state. */
export function step(register: Register, operation: Operation, versions: SeenVersions): Register | undefined {
  return isAnswered(operation) ? answered(register, operation, versions) : effect(register, operation.call, versions);
}

function answered(register: Register, { call, answer }: Answered, versions: SeenVersions): Register | undefined {
  const { token } = register;
  switch (answer.kind) {
    case 'written':
      if (answer.token !== undefined && (call.kind === 'read' || !('token' in call) || call.token !== answer.token))
        return undefined;
      return call.kind === 'create' || call.kind === 'update' ? effect(register, call, versions) : undefined;
    case 'deleted':
      return call.kind === 'delete' ? effect(register, call, versions) : undefined;
    case 'exists':
      return call.kind === 'create' && token !== undefined ? register : undefined;
    case 'absent':
      return call.kind !== 'create' && token === undefined ? register : undefined;
    case 'conflict':
      return isConflict(register, call, versions) ? register : undefined;
    case 'value':
      return call.kind === 'read' && token === answer.token ? register : undefined;
  }
}

/** What a write does where it can be done; undefined where it can't. */
function effect(register: Register, call: Call, versions: SeenVersions): Register | undefined {
  const { token, floor } = register;
  switch (call.kind) {
    case 'read':
      return undefined;
    case 'create':
      return token === undefined ? written(floor, call.token, versions) : undefined;
    case 'update':
      return isMet(register, call.expected, versions) ? written(floor, call.token, versions) : undefined;
    case 'delete':
      return isMet(register, call.expected, versions) ? { token: undefined, floor } : undefined;
  }
}

function written(floor: number, token: string, versions: SeenVersions): Register | undefined {
  const version = versions.of.get(token);
  if (version === undefined) return { token, floor };
  return version > floor ? { token, floor: version } : undefined;
}

/** Whether there is an object, of the version that is expected, if one is: a value whose version nobody saw may have it. */
function isMet({ token }: Register, expected: number | undefined, { of, all }: SeenVersions): boolean {
  if (token === undefined || expected === undefined) return token !== undefined;
  const version = of.get(token);
  return version === undefined ? !all.has(expected) : version === expected;
}

function isConflict({ token }: Register, call: Call, versions: SeenVersions): boolean {
  if ((call.kind !== 'update' && call.kind !== 'delete') || call.expected === undefined) return false;
  return token !== undefined && versions.of.get(token) !== call.expected;
}
